/** The router of the demo, as a process: what to start, and what the release file says of it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { RouterConfigInput } from '../../src/router/config.ts';
import type { Crew } from '../processes/crew.ts';
import { nodeScript } from '../processes/node-script.ts';
import type { ReleaseFacts } from '../release-file.ts';

export interface RouterStage {
  /** Section `router` of the release file. */
  readonly section: ReleaseFacts['router'];
  readonly entrance: string;
  start(crew: Crew): Promise<void>;
}

export interface RouterPlan {
  readonly folder: string;
  readonly target: string;
  readonly servers: ReleaseFacts['servers'];
  readonly ports: { readonly entrance: number; readonly probe: number };
}

export const identityHeader = 'x-user-id';

const main = fileURLToPath(new URL('../../src/router/main.ts', import.meta.url));

export function embeddedRouter({ folder, target, servers, ports }: RouterPlan): RouterStage {
  const [admin, file] = [join(folder, 'router.sock'), join(folder, 'router.yaml')];
  const entrance = `http://127.0.0.1:${ports.entrance}`;
  const config: RouterConfigInput = {
    target,
    listen: { port: ports.entrance },
    probe: { port: ports.probe },
    admin: { socket: admin },
    stateFile: join(folder, 'router-state.json'),
    identity: { header: identityHeader },
    servers: servers.map(({ id, port }) => ({ id, address: { host: '127.0.0.1', port } })),
  };
  return {
    section: {
      kind: 'embedded',
      identity: { header: identityHeader },
      admin,
      entrance,
      probe: `http://127.0.0.1:${ports.probe}`,
    },
    entrance,
    start: async (crew) => {
      await writeFile(file, stringify(config));
      await crew.start({
        name: 'router',
        ...nodeScript(main, [file]),
        ready: (output) => output.includes('"ready":true'),
      });
    },
  };
}
