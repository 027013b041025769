/** What the split costs: the embedded router beside the same proxy library without it, in turn. */
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { nodeScript } from '../../demo/processes/node-script.ts';
import { embeddedRouter } from '../../src/adapters/router/embedded.ts';
import type { Place, ServerSpec } from '../../src/domain/server.ts';
import { freePort } from '../../test/support/ports.ts';
import { startProcess } from '../../test/support/processes.ts';
import { configured, startRouterProcess } from '../../test/support/router-process.ts';
import { percentiles } from '../report.ts';
import { compiled } from './compiled.ts';
import { type BenchServers, startServers } from './servers.ts';

export interface OverheadSize {
  readonly rounds: number;
  readonly roundMs: number;
}

/** Requests a second, medians of all rounds. */
export interface Overhead {
  readonly library: number;
  /** The library with the router's own time limits and care for connections. */
  readonly careful: number;
  readonly embedded: number;
  /** Medians of the rounds, each against its neighbours in time. */
  readonly toLibrary: number;
  readonly toCareful: number;
}

interface Proxy {
  readonly url: string;
  end(): Promise<unknown>;
}

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const connections = 16;

export async function overhead({ rounds, roundMs }: OverheadSize): Promise<Overhead> {
  const [bare, main] = [await compiled(file('bare-proxy.ts')), await compiled(file('../../src/router/main.ts'))];
  const servers = await startServers();
  const proxies = await Promise.all([
    startBare('library', bare.script, servers),
    startBare('careful', bare.script, servers),
    startEmbedded(main.script, servers.specs),
  ]);
  try {
    const flood = async (round = 0) => {
      const found: number[] = [];
      // Each is first as often as the others.
      const order = proxies.map((_, n) => (n + round) % proxies.length);
      for (const at of order) found[at] = await perSecond(proxies[at]?.url ?? '', roundMs);
      const [library = 0, careful = 0, embedded = 0] = found;
      return { library, careful, embedded, toLibrary: embedded / library, toCareful: embedded / careful };
    };
    await flood();
    const found: Overhead[] = [];
    for (let round = 0; round < rounds; round += 1) found.push(await flood(round));
    const median = (of: keyof Overhead) => percentiles(found.map((each) => each[of])).p50;
    const [library, careful, embedded] = [median('library'), median('careful'), median('embedded')];
    return { library, careful, embedded, toLibrary: median('toLibrary'), toCareful: median('toCareful') };
  } finally {
    await Promise.all([...proxies.map((proxy) => proxy.end()), servers.end(), bare.remove(), main.remove()]);
  }
}

async function startBare(kind: 'library' | 'careful', script: string, { specs }: BenchServers): Promise<Proxy> {
  const port = await freePort();
  const targets = specs.map(({ address }) => `http://127.0.0.1:${address.port}`).join(',');
  const args = [script, kind, String(port), targets];
  const proxy = await startProcess({ command: process.execPath, args, ready: /ready/ });
  return { url: `http://127.0.0.1:${port}`, end: () => proxy.kill() };
}

/** With a share and a long list, and its usual health checks. */
async function startEmbedded(script: string, servers: readonly ServerSpec[]): Promise<Proxy> {
  const router = await startRouterProcess(configured(servers), { health: {} }, script);
  const places = servers.map(({ id, gray }): [string, Place] => [id, gray ? 'b' : 'a']);
  const alwaysGray = Array.from({ length: 1_000 }, (_, n) => `listed-${n}`);
  await embeddedRouter(router.spec, { target: 'contract', servers }).apply({
    ...{ fence: 1, release: 'bench', period: 'gray', stable: 'a', servers: Object.fromEntries(places) },
    split: { shareBp: 3_000, salt: 'bench', alwaysGray, alwaysStable: [], rest: 'stable' },
  });
  return { url: router.spec.entrance, end: () => router.end() };
}

async function perSecond(url: string, ms: number): Promise<number> {
  const { command, args } = nodeScript(file('load/flood.ts'), [url, String(connections), String(ms)]);
  const { stdout } = await execa(command, args);
  const found: { readonly perSecond: number } = JSON.parse(stdout);
  return found.perSecond;
}
