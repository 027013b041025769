/** What an nginx needs before a release may rely on it; each finding says how to mend it. */
import { isIPv4 } from 'node:net';
import type { RouteState } from '../../../domain/route.ts';
import type { NginxLuaRouterSpec } from '../../../domain/spec.ts';
import { type Finding, fine, messageOf, wrong } from '../../finding.ts';
import { adminClient } from '../admin-client.ts';
import type { RouterContext } from '../port.ts';
import { probeAnswers } from '../probe-finding.ts';
import { routeStateSchema } from '../route-schema.ts';

const page = 'docs/adapters/nginx.md';

/** Changes nothing. Never throws: an nginx that does not answer is a finding. */
export async function nginxLuaDoctor(spec: NginxLuaRouterSpec, context: RouterContext): Promise<Finding[]> {
  return [
    ...(await adminFindings(spec, context)),
    addresses(context),
    await probeAnswers(spec, `the probe server of ${page}, on loopback`),
  ];
}

async function adminFindings(spec: NginxLuaRouterSpec, { servers }: RouterContext): Promise<Finding[]> {
  const mend = `the admin server of ${page}, and the same token on both sides`;
  try {
    const { route }: RouteState = await adminClient(spec)({ method: 'GET', path: '/route' }, routeStateSchema);
    const missing = servers.filter(({ id }) => route.servers[id] === undefined).map(({ id }) => id);
    const others = Object.keys(route.servers).filter((known) => !servers.some(({ id }) => id === known));
    return [
      fine(`nginx's admin side answers at ${spec.admin}`),
      missing.length + others.length === 0
        ? fine('nginx knows the servers')
        : wrong(
            `nginx does not know [${missing}], and knows others [${others}]`,
            `the servers in init_by_lua of ${page}, while no release is open`,
          ),
    ];
  } catch (error) {
    return [wrong(messageOf(error), mend)];
  }
}

/** Lua names a server by its address and resolves nothing. */
function addresses({ servers }: RouterContext): Finding {
  const named = servers.filter(({ address }) => !isIPv4(address.host)).map(({ id }) => id);
  if (named.length === 0) return fine('every server has an IPv4 address');
  return wrong(`not at an IPv4 address: ${named.join(', ')}`, 'write addresses instead of names');
}
