/** What a HAProxy needs before a release may rely on it; each finding says how to mend it. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { HaproxyInstance, HaproxyRouterSpec } from '../../../domain/spec.ts';
import { type Finding, fine, messageOf, wrong } from '../../finding.ts';
import type { RouterContext } from '../port.ts';
import { probeAnswers } from '../probe-finding.ts';
import { type Cli, withCli } from './cli.ts';
import { foreignUses, loadsStates, runningConfig } from './config-file.ts';
import { generationOf, mayWrite, nameIn, pools, processOf, statesOf } from './look.ts';
import { variables } from './names.ts';
import { rowOf } from './state-file.ts';

/** Changes nothing. Never throws: a router that does not answer is a finding. */
export async function haproxyDoctor(spec: HaproxyRouterSpec, context: RouterContext): Promise<Finding[]> {
  const findings = await Promise.all(spec.instances.map((instance) => examine(spec, instance, context)));
  return findings.flat();
}

async function examine(spec: HaproxyRouterSpec, instance: HaproxyInstance, context: RouterContext): Promise<Finding[]> {
  const { socket } = instance;
  const examined = withCli(socket, {}, async (cli) => [
    fine(`${socket} answers`),
    await adminLevel(cli, socket),
    await versionOf(cli),
    await mapLoaded(cli, instance),
    ...(await servers(cli, instance, context)),
    ...(await configured(cli, instance, context)),
  ]);
  const running = await examined.catch((error: unknown) => [
    wrong(
      `${socket}: ${messageOf(error)}`,
      `\`stats socket ${socket} level admin\` in global, readable for the worker`,
    ),
  ]);
  return [
    ...running,
    await writable(instance.map),
    await writable(instance.stateFile),
    await probeAnswers(
      { ...instance, identity: spec.identity },
      'the probe frontend of docs/adapters/haproxy.md, on loopback',
    ),
  ];
}

async function adminLevel(cli: Cli, socket: string): Promise<Finding> {
  if (await mayWrite(cli)) return fine(`${socket} has level admin`);
  return wrong(`${socket} has not level admin`, `\`level admin\` on its \`stats socket\` line`);
}

async function versionOf(cli: Cli): Promise<Finding> {
  const { version } = await processOf(cli);
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  const what = `HAProxy is version ${version}`;
  return major > 2 || (major === 2 && minor >= 6) ? fine(what) : wrong(what, 'HAProxy 2.6 or newer');
}

const mapLoaded = (cli: Cli, { map }: HaproxyInstance): Promise<Finding> =>
  generationOf(cli, map).then(
    () => fine(`the map ${map} is loaded`),
    (error: unknown) =>
      wrong(messageOf(error), 'the rules of docs/adapters/haproxy.md in every frontend of the target'),
  );

async function servers(cli: Cli, instance: HaproxyInstance, context: RouterContext): Promise<Finding[]> {
  const rows = await statesOf(cli, instance).catch((error: unknown) => messageOf(error));
  if (typeof rows === 'string') return [wrong(rows, 'both pools as backends; see docs/adapters/haproxy.md')];
  const known = new Set<string>();
  const findings = pools.flatMap((pool) =>
    context.servers.flatMap((server): Finding[] => {
      const name = `${instance.backends[pool]}/${nameIn(server, pool)}`;
      const row = rowOf(rows, instance, pool, nameIn(server, pool));
      known.add(name);
      if (row === undefined) return [wrong(`there is no server ${name}`, `a line for ${server.id} in both backends`)];
      if (!row.checked && row.ready) return [wrong(`${name} has no health check`, '`check` on its server line')];
      return [];
    }),
  );
  for (const { backend, name } of rows) {
    if (known.has(`${backend}/${name}`)) continue;
    findings.push(
      wrong(`${backend}/${name} is no server of the target`, 'list it in the release file, or take it out'),
    );
  }
  return findings.length === 0 ? [fine('every server stands in both backends, with a health check')] : findings;
}

async function configured(cli: Cli, instance: HaproxyInstance, { target }: RouterContext): Promise<Finding[]> {
  const { map, stateFile } = instance;
  const config = await runningConfig((await processOf(cli)).pid);
  if (config === null) {
    return [
      wrong("HAProxy's configuration cannot be read from here", 'run `gray doctor` on its host, as a user who may'),
    ];
  }
  const foreign = foreignUses(config, map, variables(target)(''));
  return [
    loadsStates(config, stateFile)
      ? fine(`server states are loaded from ${stateFile} at a start`)
      : wrong(
          `a reload of HAProxy would forget which servers are in which pool: ${stateFile} is not loaded`,
          `\`load-server-state-from-file local\`, and \`server-state-file-name ${stateFile}\` in both backends`,
        ),
    foreign.length === 0
      ? fine(`the map ${map} belongs to ${target} alone`)
      : wrong(`the map ${map} is used for something else too: ${foreign[0]}`, 'one map for each target'),
  ];
}

/** Files are replaced by renaming, so it is the directory that must be writable. */
const writable = (path: string): Promise<Finding> =>
  access(dirname(path), constants.W_OK).then(
    () => fine(`${path} can be replaced`),
    () => wrong(`${path} cannot be replaced`, `let the worker write in ${dirname(path)}`),
  );
