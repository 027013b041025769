/** What an Envoy needs before a release may rely on it; each finding says how to mend it. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { EnvoyRouterSpec } from '../../../domain/spec.ts';
import { type Finding, fine, found, wrong } from '../../finding.ts';
import type { RouterContext } from '../port.ts';
import { probeAnswers } from '../probe-finding.ts';
import { addressOf, hostsIn, instanceOf, names, settingsOf } from './admin.ts';
import { clusterOf, filesIn } from './names.ts';
import { runningGeneration } from './running.ts';

const page = 'docs/adapters/envoy.md';

/** Changes nothing. Never throws: an Envoy that does not answer is a finding. */
export async function envoyDoctor(spec: EnvoyRouterSpec, context: RouterContext): Promise<Finding[]> {
  const { admin, dir, probe } = spec;
  const { route, servers } = filesIn(dir);
  return [
    await found(
      `Envoy's admin side answers at ${admin}`,
      async () => void (await instanceOf(admin)),
      `\`admin\` of ${page}, and its listeners among the static resources`,
    ),
    await found(
      'Envoy knows the servers',
      () => knowsServers(spec, context),
      `the two clusters of ${page}, and its files at rest in ${dir} while no release is open`,
    ),
    await found(
      'the clusters tell their workers at once, and ask no server that fails',
      () => settings(spec, context),
      `\`common_lb_config\` of ${page} in both clusters`,
    ),
    await found(
      `Envoy follows the files in ${dir}`,
      async () => {
        for (const path of [route, servers.a, servers.b]) {
          if (!(await names(admin, path))) throw new Error(`no listener or cluster of Envoy names ${path}`);
        }
      },
      `\`path_config_source\` of ${page}; \`dir\` as Envoy has it`,
    ),
    await found(
      `${dir} can be written`,
      async () => {
        await access(dir, constants.W_OK);
        for (const path of [route, servers.a, servers.b]) await access(path, constants.R_OK);
      },
      `a directory of its own for the target, that belongs to the user of the worker, with the files at rest of ${page}`,
    ),
    addresses(context),
    await found(
      `Envoy tells its generation at ${probe}`,
      async () => void (await runningGeneration(spec)),
      `the probe listener of ${page}, with gray.lua in its filters`,
    ),
    await probeAnswers(spec, `the probe listener of ${page}, on loopback`),
  ];
}

async function knowsServers(spec: EnvoyRouterSpec, context: RouterContext): Promise<void> {
  const { a, b } = await hostsIn({ spec, context });
  const wanted = new Set(context.servers.map(addressOf));
  const missing = [...wanted].filter((address) => !a.has(address) || !b.has(address));
  const others = [...new Set([...a.keys(), ...b.keys()])].filter((address) => !wanted.has(address));
  if (missing.length + others.length === 0) return;
  throw new Error(`Envoy does not know [${missing.join(', ')}], and knows others [${others.join(', ')}]`);
}

/** Only where the clusters are written in the bootstrap configuration. */
async function settings({ admin }: EnvoyRouterSpec, { target }: RouterContext): Promise<void> {
  const clusters = await settingsOf(admin);
  for (const name of [clusterOf(target, 'a'), clusterOf(target, 'b')]) {
    const { window, panic } = clusters.get(name) ?? { window: '0s', panic: 0 };
    if (window !== '0s') throw new Error(`update_merge_window of ${name} is ${window ?? '1s'}, not 0s`);
    if (panic !== 0) throw new Error(`healthy_panic_threshold of ${name} is ${panic ?? 50}, not 0`);
  }
}

function addresses({ servers }: RouterContext): Finding {
  const named = servers.filter(({ address }) => isIP(address.host) === 0).map(({ id }) => id);
  if (named.length === 0) return fine('every server has an IP address');
  return wrong(`not at an IP address: ${named.join(', ')}`, 'write addresses instead of names');
}
