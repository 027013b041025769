/** A real Prometheus that scrapes real servers three times a second. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../support/ports.ts';
import { eventually, startProcess } from '../../support/processes.ts';

export const scrapeMs = 300;

export interface RunningPrometheus {
  readonly url: string;
  /** Resolves once every target was scraped `times` times. */
  scraped(times: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startPrometheus(ports: readonly number[]): Promise<RunningPrometheus> {
  const dir = await mkdtemp(join(tmpdir(), 'gray-prometheus-'));
  const config = {
    global: { scrape_interval: `${scrapeMs}ms`, scrape_timeout: `${scrapeMs}ms` },
    scrape_configs: [{ job_name: 'demo', static_configs: [{ targets: ports.map((port) => `127.0.0.1:${port}`) }] }],
  };
  // JSON is YAML.
  await writeFile(join(dir, 'prometheus.yml'), JSON.stringify(config));
  const port = await freePort();
  const prometheus = await startProcess({
    command: 'prometheus',
    args: [
      `--config.file=${join(dir, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    ready: { port },
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    scraped: async (times) => {
      const query = `count(count_over_time(up[5m]) >= ${times})`;
      await eventually(async () => (await firstValue(url, query)) === String(ports.length), 30_000, prometheus.output);
    },
    stop: async () => {
      await prometheus.kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function firstValue(url: string, query: string): Promise<string | undefined> {
  const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`).catch(() => null);
  return /"value":\[[\d.]+,"(\d+)"\]/.exec((await answer?.text()) ?? '')?.[1];
}
