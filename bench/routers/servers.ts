/** Five servers as processes, two for each pool and one more in the stable one. */
import { fileURLToPath } from 'node:url';
import type { ServerSpec } from '../../src/domain/server.ts';
import { freePorts } from '../../test/support/ports.ts';
import { type StartedProcess, startProcess } from '../../test/support/processes.ts';

export interface BenchServers {
  readonly specs: readonly ServerSpec[];
  /** Dies, and starts again on its port. */
  restart(id: string): Promise<void>;
  end(): Promise<void>;
}

const script = fileURLToPath(new URL('server.mjs', import.meta.url));

export async function startServers(): Promise<BenchServers> {
  const ports = await freePorts(5);
  const specs = ports.map((port, n) => ({
    ...{ id: `s${n + 1}`, address: { host: '127.0.0.1', port } },
    ...{ gray: n >= 3, spare: false, weight: 100 },
  }));
  const running = new Map<string, StartedProcess>();
  const start = async ({ id, address }: ServerSpec) => {
    const args = [script, id, String(address.port)];
    running.set(id, await startProcess({ command: process.execPath, args, ready: /ready/ }));
  };
  await Promise.all(specs.map(start));
  return {
    specs,
    restart: async (id) => {
      await running.get(id)?.kill();
      for (const spec of specs) if (spec.id === id) await start(spec);
    },
    end: async () => void (await Promise.all([...running.values()].map((each) => each.kill()))),
  };
}
