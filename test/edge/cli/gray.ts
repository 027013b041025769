/** `gray` as a process, against the real Temporal server of the test, and release files for worlds in memory. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { afterAll } from 'vitest';
import type { ReleaseSpec } from '../../../src/domain/spec.ts';
import { type StartedProcess, startTypeScript } from '../../support/processes.ts';
import type { TestTemporal } from '../../support/temporal-server.ts';

export const cliFile = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line to its end. */
export async function gray(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, ['--import', tsx, cliFile, ...args], {
    env: { ...plain, ...env },
    reject: false,
    stdin: 'ignore',
    timeout: 60_000,
  });
  return { exitCode, stdout, stderr };
}

/** Starts one that goes on. */
export const grayStarted = (args: readonly string[], env: Readonly<Record<string, string>>): Promise<StartedProcess> =>
  startTypeScript(cliFile, args, { env: { ...plain, ...env } });

const plain = {
  GRAY_ALLOW_MEMORY: '1',
  NO_COLOR: '1',
  GRAY_BY: 'ana@desk',
  GRAY_EVIDENCE_DIR: join(tmpdir(), `gray-evidence-${process.pid}`),
};

export const at = ({ server }: Pick<TestTemporal, 'server'>) => ({
  TEMPORAL_ADDRESS: server.address,
  GRAY_UI_URL: server.uiUrl,
});

/** A folder that is gone after the test file. */
export async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'gray-cli-'));
  afterAll(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A release file that says what `spec` says, for the parts that the tests change. JSON is YAML. */
export async function releaseFile(spec: ReleaseSpec, dir: string): Promise<string> {
  const file = join(dir, `${spec.target}.yml`);
  const servers = spec.servers.map(({ id, address, gray: isGray }) => ({
    id,
    address: `${address.host}:${address.port}`,
    ...(isGray && { gray: true }),
  }));
  const stages = spec.ramp.stages.map(({ shareBp, holdMs }) => ({ share: `${shareBp / 100}%`, hold: `${holdMs}ms` }));
  const { version, digest } = spec.artifact;
  const text = {
    target: spec.target,
    servers,
    artifact: { version, digest },
    router: spec.router,
    deployer: spec.deployer,
    metrics: { kind: 'memory', interval: '100ms' },
    verify: { deployment: [{ get: '/health' }], gray: [{ get: '/checkout', as: 'tester' }] },
    ramp: { stages },
    judge: { kind: 'threshold', metrics: { errors: { maxRate: '5%', minSample: 5 } }, stale: '10s' },
    capacity: { maxLoad: spec.capacity.maxLoad },
    leveling: { batch: spec.leveling.batch },
    deployment: { attempts: 1, drain: '500ms' },
    exception: { drain: '300ms' },
    watch: { for: `${spec.watch.forMs}ms` },
  };
  await writeFile(file, JSON.stringify(text, null, 2));
  return file;
}
