/** The servers: what each runs by its own word, and whether the new build and the way back are there. */
import pMap from 'p-map';
import type { Deployer } from '../adapters/deployer/port.ts';
import type { ServerSpec } from '../domain/server.ts';
import type { ReleaseSpec } from '../domain/spec.ts';
import { type Finding, fail, ok, warning } from './finding.ts';

export async function examineServers(spec: ReleaseSpec, deployer: Deployer): Promise<Finding[]> {
  const each = await pMap(spec.servers, (server) => examineServer(spec, deployer, server), { concurrency: 10 });
  return each.flat();
}

async function examineServer(spec: ReleaseSpec, deployer: Deployer, server: ServerSpec): Promise<Finding[]> {
  const { running, reason, base } = await deployer.read(server);
  const available = await deployer.available(spec.artifact, server);
  const was = base === null ? '' : `, base ${base.artifact.version}`;
  return [
    running === null
      ? fail('servers', `${server.id} tells no version: ${reason ?? 'no reason given'}`, mendProbe(spec, server))
      : ok('servers', `${server.id} runs ${running.version}${was}`),
    ...(available.ok
      ? []
      : [
          warning(
            'servers',
            `${server.id} cannot get ${spec.artifact.version}: ${available.reason}`,
            'check artifact.source and artifact.digest',
          ),
        ]),
  ];
}

const mendProbe = ({ version }: ReleaseSpec, { address }: ServerSpec): string =>
  `GET ${version.get} at ${address.host}:${address.port} must answer 200 and JSON with ${version.version} and ${version.digest}`;
