/** What the split costs: the embedded router beside the same proxy library without it, in turn. */
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { nodeScript } from '../../demo/processes/node-script.ts';
import { embeddedRouter } from '../../src/adapters/router/embedded.ts';
import type { Place } from '../../src/domain/server.ts';
import { freePort } from '../../test/support/ports.ts';
import { startProcess } from '../../test/support/processes.ts';
import { configured, startRouterProcess } from '../../test/support/router-process.ts';
import { percentiles } from '../report.ts';
import { compiled } from './compiled.ts';
import { startServers } from './servers.ts';

export interface OverheadSize {
  readonly rounds: number;
  readonly roundMs: number;
}

export interface Overhead {
  /** Requests a second, medians of all rounds. */
  readonly bare: number;
  readonly embedded: number;
  /** Median of the rounds: embedded ÷ bare, each against its neighbour in time. */
  readonly ratio: number;
}

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const connections = 16;

export async function overhead({ rounds, roundMs }: OverheadSize): Promise<Overhead> {
  const [bare, main] = [await compiled(file('bare-proxy.ts')), await compiled(file('../../src/router/main.ts'))];
  const servers = await startServers();
  const router = await startRouterProcess(configured(servers.specs), {}, main.script);
  const port = await freePort();
  const targets = servers.specs.map(({ address }) => `http://127.0.0.1:${address.port}`).join(',');
  const proxy = await startProcess({
    ...{ command: process.execPath, args: [bare.script, String(port), targets], ready: /ready/ },
  });
  try {
    const adapter = embeddedRouter(router.spec, { target: 'contract', servers: servers.specs });
    const places = servers.specs.map(({ id, gray }): [string, Place] => [id, gray ? 'b' : 'a']);
    const listed = Array.from({ length: 1_000 }, (_, n) => `listed-${n}`);
    await adapter.apply({
      ...{ fence: 1, release: 'bench', period: 'gray', stable: 'a', servers: Object.fromEntries(places) },
      split: { shareBp: 3_000, salt: 'bench', alwaysGray: listed, alwaysStable: [], rest: 'stable' },
    });
    const flood = (url: string) => perSecond(url, roundMs);
    await flood(`http://127.0.0.1:${port}`);
    await flood(router.spec.entrance);
    const pairs: { bare: number; embedded: number }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const without = await flood(`http://127.0.0.1:${port}`);
      pairs.push({ bare: without, embedded: await flood(router.spec.entrance) });
    }
    const median = (values: readonly number[]) => percentiles(values).p50;
    return {
      bare: median(pairs.map((pair) => pair.bare)),
      embedded: median(pairs.map((pair) => pair.embedded)),
      ratio: median(pairs.map((pair) => pair.embedded / pair.bare)),
    };
  } finally {
    await Promise.all([proxy.kill(), router.end(), servers.end(), bare.remove(), main.remove()]);
  }
}

async function perSecond(url: string, ms: number): Promise<number> {
  const { command, args } = nodeScript(file('load/flood.ts'), [url, String(connections), String(ms)]);
  const { stdout } = await execa(command, args);
  const found: { readonly perSecond: number } = JSON.parse(stdout);
  return found.perSecond;
}
