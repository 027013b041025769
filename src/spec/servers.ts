/** The inventory: `servers`, `version`, `artifact` and `base`. */
import { z } from 'zod';
import { parseJsonPath } from '../adapters/json-path.ts';
import { address } from './net.ts';
import { expects, filePath, flag, list, named, nameText, section, text, urlPath, whole } from './scalars.ts';

const poolServerName = () =>
  text('the name of a server in the router, without white space', /^[A-Za-z0-9_.:-]{1,100}$/).describe(
    "The router's own name of this server in this pool.",
  );

const server = section({
  id: nameText('a server id').describe('Unique name of the server; also its name in the router.'),
  address: address().describe('"host:port" at which the router and the release reach the server.'),
  gray: flag().default(false).describe('Gets the new version first.'),
  spare: flag().default(false).describe('In no pool outside a release.'),
  zone: nameText('a zone').exactOptional().describe('Where the server stands, for the plan.'),
  weight: whole(1, 256).default(100).describe('Relative capacity; 100 is an ordinary server.'),
  tls: section({
    serverName: text('a host name', /^[A-Za-z0-9.-]{1,253}$/)
      .exactOptional()
      .describe('Name the certificate must carry.'),
    caFile: filePath('a file of trusted certificates').exactOptional().describe('PEM file of the trusted authority.'),
  })
    .exactOptional()
    .describe('Speak TLS to this server.'),
  deploy: named('a key', /^[A-Za-z][A-Za-z0-9_-]{0,62}$/, z.json())
    .exactOptional()
    .describe('What the deployer needs to know of this server; handed on as it is.'),
  names: section({ a: poolServerName().exactOptional(), b: poolServerName().exactOptional() })
    .exactOptional()
    .describe('Names in the pools a and b of the router, where they differ from the id.'),
  metrics: text("this server's metrics URL or instance label", /^[\x21\x23-\x5b\x5d-\x7e]{1,500}$/)
    .exactOptional()
    .describe('exposition: URL of its metrics. prometheus: value of its instance label.'),
});

export const servers = list(server, 'servers', { min: 2, max: 10_000 }).describe(
  'Every server of the target. At least one is gray and at least one is not.',
);

export const jsonPathText = () => {
  const what = 'a JSON path such as $.version';
  return text(what, /^\$[\x20-\x7e]{0,200}$/).refine((path) => parseJsonPath(path) !== null, { error: expects(what) });
};

export const versionProbe = section({
  get: urlPath().default('/version').describe('Path that answers JSON about the running process.'),
  version: jsonPathText().default('$.version').describe('Where the answer has the version.'),
  digest: jsonPathText().default('$.digest').describe("Where the answer has the build's digest."),
})
  .prefault({})
  .describe('How to ask a server what it runs.');

const build = {
  version: text(
    'a version of letters, digits, ".", "_", "+" and "-", at most 64',
    /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/,
  ).describe('Name of the build, as the running process reports it.'),
  digest: text('"sha256:" and 64 hex digits in lower case', /^sha256:[0-9a-f]{64}$/).describe(
    'Pins the content behind the name.',
  ),
  source: filePath('a path or URL of the build').describe(
    'Path (seen from this file) or URL of the build. Not needed where the servers keep it.',
  ),
};

export const artifact = section({ ...build, source: build.source.exactOptional() }).describe('The build to release.');

export const base = section({ ...build, source: build.source.exactOptional() }).describe(
  'The build to return to, where it is not kept on the servers.',
);
