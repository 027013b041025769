/** At image build: versions 1.0.0 and 2.0.0 of the demo product, and the release file with the digest of the second. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { artifactDigest } from '../dist/src/adapters/deployer/process/digest.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

for (const version of ['1.0.0', '2.0.0']) {
  const folder = here(`builds/${version}`);
  mkdirSync(folder, { recursive: true });
  copyFileSync(here('server.mjs'), `${folder}/server.mjs`);
  writeFileSync(`${folder}/release.json`, `${JSON.stringify({ version })}\n`);
  const artifact = { version, digest: await artifactDigest(folder), source: folder };
  writeFileSync(here(`builds/${version}.json`), `${JSON.stringify(artifact)}\n`);
  if (version === '2.0.0') writeRelease(artifact.digest);
}

function writeRelease(digest) {
  const file = here('shop.yml');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/sha256:[0-9a-f]{64}/, digest));
}
