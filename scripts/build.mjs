/** `npm run build`: dist/ with the compiled package, the prebuilt workflow bundle and the release file's JSON Schema. */
import { chmodSync, cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { run } from './run.mjs';
import { root } from './setup.mjs';

process.chdir(root);
rmSync('dist', { recursive: true, force: true });

const compiled = await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']);
if (compiled !== 0) process.exit(compiled);

await bundleWorkflows('dist/workflows/index.js', 'dist/workflow-bundle.js');
await writeSchema('dist/release.schema.json');
for (const path of ['router/envoy/gray.lua', 'router/nginx/gray.lua', 'deployer/ssh/remote'])
  cpSync(`src/adapters/${path}`, `dist/src/adapters/${path}`, { recursive: true });
chmodSync('dist/src/cli/main.js', 0o755);
console.log('dist/ is built');

/** Workers load it at the start instead of bundling; it must come from the same SDK version, which the lock file pins. */
async function bundleWorkflows(entry, target) {
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const logger = new DefaultLogger('WARN');
  const { code } = await bundleWorkflowCode({ workflowsPath: join(root, entry), logger });
  writeFileSync(target, code);
}

async function writeSchema(target) {
  const { releaseJsonSchema } = await import(pathToFileURL(join(root, 'dist/src/spec.js')).href);
  writeFileSync(target, `${JSON.stringify(releaseJsonSchema(), null, 2)}\n`);
}
