/** What an nginx needs before a release may change it by reloads; each finding says how to mend it. */
import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { dirname } from 'node:path';
import type { NginxReloadRouterSpec } from '../../../../domain/spec.ts';
import { type Finding, fine, found, wrong } from '../../../finding.ts';
import { readIfThere } from '../../haproxy/files.ts';
import type { RouterContext } from '../../port.ts';
import { probeAnswers } from '../../probe-finding.ts';
import { namesInclude, testCandidate } from './candidate.ts';
import { masterOf, userIdsOf } from './process.ts';
import { runningGeneration } from './running.ts';

const page = 'docs/adapters/nginx.md';

/** Changes nothing. Never throws: an nginx that does not answer is a finding. */
export async function nginxReloadDoctor(spec: NginxReloadRouterSpec, { servers }: RouterContext): Promise<Finding[]> {
  const { config, include, pid, status } = spec;
  return [
    await found(
      `${config} includes ${include}`,
      async () => {
        if (!namesInclude(include).test(await readFile(config, 'utf8')))
          throw new Error(`${config} does not include ${include}`);
      },
      `the line \`include ${include};\` in its http block, as in ${page}`,
    ),
    await found(
      `nginx -t takes its configuration`,
      async () => testCandidate(spec, await readIfThere(include)),
      `what nginx says; \`program\` is how it is called, with the rights of its service`,
    ),
    await found(
      `${dirname(include)} can be written`,
      () => access(dirname(include), constants.W_OK),
      'a directory of its own for the target, that belongs to the user of the worker',
    ),
    await found(
      `nginx runs by ${pid}, and its workers are seen`,
      async () => {
        const master = await masterOf(pid);
        if ((await userIdsOf(master)).size === 0) throw new Error(`no worker processes of ${master.pid} are seen`);
        if (spec.reload === undefined) process.kill(master.pid, 0);
      },
      'a worker of ours on the host of nginx, that may signal it; else `reload` with a command that may',
    ),
    await found(
      `nginx tells its generation at ${status}`,
      async () => void (await runningGeneration(spec)),
      `the status server of ${page}, on loopback`,
    ),
    addresses(servers),
    await probeAnswers(spec, `the probe server of ${page}, on loopback`),
  ];
}

/** Open requests are counted by address. */
function addresses(servers: RouterContext['servers']): Finding {
  const named = servers.filter(({ address }) => !isIPv4(address.host)).map(({ id }) => id);
  if (named.length === 0) return fine('every server has an IPv4 address');
  return wrong(`not at an IPv4 address: ${named.join(', ')}`, 'write addresses instead of names');
}
