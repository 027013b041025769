/** What every deployer promises, whatever stands behind it. Each adapter's test file runs this over its own harness. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Deployer, DeployOrder } from '../../../src/adapters/deployer/port.ts';
import type { Artifact } from '../../../src/domain/artifact.ts';
import type { ServerSpec } from '../../../src/domain/server.ts';
import type { Interruption, TrapOrder } from '../../support/trap.ts';

export interface DeployerHarness {
  readonly deployer: Deployer;
  /** A server nobody has touched, on a free port. */
  server(): Promise<ServerSpec>;
  build(version: string, fault?: 'failStart' | 'lie'): Promise<Artifact>;
  /** From now on the build can be had nowhere but where it is kept. */
  lose(artifact: Artifact): Promise<void>;
  /** The same build under a digest that is not its own. */
  forged(artifact: Artifact): Promise<Artifact>;
  /** Changes when the process is replaced; null when nothing answers. */
  instance(server: ServerSpec): Promise<string | null>;
  /** The server's process ends as if somebody had killed it. Throws unless there is exactly one. */
  kill(server: ServerSpec): Promise<void>;
  /** Programs that take part in a deploy: runs `order` with that one dying or frozen before an effect; null when there is no such effect. */
  readonly writers: Readonly<
    Record<string, (order: DeployOrder, trap: Omit<TrapOrder, 'script'>) => Promise<Interruption | null>>
  >;
  dispose(): Promise<void>;
}

export function deployerContract(kind: string, create: () => Promise<DeployerHarness>): void {
  describe(`the deployer contract: ${kind}`, () => {
    const at = harnessFor(create);
    readBack(at);
    bases(at);
    fences(at);
    builds(at);
    failures(at);
  });
}

export type At = () => DeployerHarness;

export function harnessFor(create: () => Promise<DeployerHarness>): At {
  let harness: DeployerHarness | undefined;
  beforeAll(async () => {
    harness = await create();
  });
  afterAll(() => harness?.dispose());
  return () => {
    if (harness === undefined) throw new Error('the harness was not made');
    return harness;
  };
}

function readBack(at: At): void {
  test('an untouched server runs nothing, has no base and fence 0', async () => {
    const server = await at().server();
    expect(await at().deployer.read(server)).toEqual({
      running: null,
      reason: expect.any(String),
      base: null,
      fence: 0,
    });
  });

  test('a deployed version is what the running process itself reports', async () => {
    const { server, v1 } = await installed(at());
    const { running, fence } = await at().deployer.read(server);
    expect(running).toEqual(build(v1));
    expect(fence).toBe(1);
  });

  test('a repeated deploy leaves the very same process running', async () => {
    const { server, v1 } = await installed(at());
    const before = await at().instance(server);
    expect(await at().deployer.deploy(order(server, v1, 1))).toEqual(build(v1));
    expect(await at().instance(server)).toBe(before);
  });

  test('a deploy replaces the process, and says step by step what it does', async () => {
    const { server, v2 } = await installed(at());
    const before = await at().instance(server);
    const steps: string[] = [];
    const running = await at().deployer.deploy({
      ...order(server, v2, 2),
      recordBase: true,
      progress: (step) => steps.push(step),
    });
    expect(running).toEqual(build(v2));
    expect(await at().instance(server)).not.toBe(before);
    expect(steps).toContain('base recorded');
  });

  test('a dead server reads as running nothing, with a reason, and a repeat starts it again', async () => {
    const { server, v1 } = await installed(at());
    await at().kill(server);
    expect(await at().deployer.read(server)).toMatchObject({ running: null, reason: expect.any(String) });
    expect(await at().deployer.deploy(order(server, v1, 1))).toEqual(build(v1));
  });
}

function bases(at: At): void {
  test('the base is recorded once per release and kept through repeats and rollback', async () => {
    const { server, v1, v2 } = await installed(at());
    const forward = { ...order(server, v2, 2), recordBase: true };
    await at().deployer.deploy(forward);
    await at().deployer.deploy(forward);
    await at().kill(server);
    await at().deployer.deploy(forward);
    expect((await at().deployer.read(server)).base).toMatchObject({ release: 'r1', artifact: build(v1) });
    await at().deployer.deploy(order(server, v1, 3));
    expect(await at().deployer.read(server)).toMatchObject({
      running: build(v1),
      base: { release: 'r1', artifact: build(v1) },
    });
  });

  test('the next release records its own base', async () => {
    const { server, v2 } = await installed(at());
    await at().deployer.deploy({ ...order(server, v2, 2), recordBase: true });
    const v3 = await at().build('3.0.0');
    await at().deployer.deploy({ ...order(server, v3, 3), recordBase: true, release: 'r2' });
    expect((await at().deployer.read(server)).base).toMatchObject({ release: 'r2', artifact: build(v2) });
  });

  test('a release onto an empty server has no base, and its repeat does not take the new version for one', async () => {
    const server = await at().server();
    const v2 = await at().build('2.0.0');
    const forward = { ...order(server, v2, 1), recordBase: true };
    await at().deployer.deploy(forward);
    await at().deployer.deploy(forward);
    expect((await at().deployer.read(server)).base).toBeNull();
  });
}

function fences(at: At): void {
  test('an older fence is refused and changes nothing; an equal one is a repeat', async () => {
    const { server, v1, v2 } = await installed(at());
    await at().deployer.deploy(order(server, v2, 5));
    const before = await at().instance(server);
    await expect(at().deployer.deploy(order(server, v1, 4))).rejects.toMatchObject({
      code: 'staleFence',
      details: { asked: 4, seen: 5 },
    });
    expect(await at().instance(server)).toBe(before);
    expect(await at().deployer.read(server)).toMatchObject({ running: build(v2), fence: 5 });
    await at().deployer.deploy(order(server, v2, 5));
    expect(await at().instance(server)).toBe(before);
  });

  test('many writers at once: the highest fence stands', async () => {
    const { server, v1, v2 } = await installed(at());
    const fencesAsked = [6, 3, 9, 4, 7];
    await Promise.allSettled(
      fencesAsked.map((fence) => at().deployer.deploy(order(server, fence === 9 ? v2 : v1, fence))),
    );
    expect(await at().deployer.read(server)).toMatchObject({ running: build(v2), fence: 9 });
  });
}

function builds(at: At): void {
  test('a build with another digest than named is refused before anything changes', async () => {
    const { server, v1, v2 } = await installed(at());
    const before = await at().instance(server);
    const forged = await at().forged(v2);
    await expect(at().deployer.deploy({ ...order(server, forged, 2), recordBase: true })).rejects.toMatchObject({
      code: 'artifactMissing',
    });
    expect(await at().instance(server)).toBe(before);
    expect(await at().deployer.read(server)).toMatchObject({ running: build(v1), base: null });
    expect(await at().deployer.available(forged, server)).toMatchObject({
      ok: false,
      reason: expect.any(String),
    });
  });

  test('a build that can be had nowhere is refused before anything changes', async () => {
    const { server, v2 } = await installed(at());
    const before = await at().instance(server);
    const gone = await at().build('9.9.9');
    expect(await at().deployer.available(gone, server)).toEqual({ ok: true });
    await at().lose(gone);
    expect(await at().deployer.available(gone, server)).toEqual({ ok: false, reason: expect.any(String) });
    await expect(at().deployer.deploy(order(server, gone, 2))).rejects.toMatchObject({ code: 'artifactMissing' });
    expect(await at().instance(server)).toBe(before);
    expect(await at().deployer.available(v2, server)).toEqual({ ok: true });
  });
}

function failures(at: At): void {
  test('a server that lies about its version is named', async () => {
    const { server } = await installed(at());
    const liar = await at().build('4.0.0', 'lie');
    const lie = at().deployer.deploy(order(server, liar, 2));
    await expect(lie).rejects.toMatchObject({ code: 'versionMismatch', message: expect.stringContaining(server.id) });
  });

  test('a version that does not start leaves a clear error, and the base can be put back', async () => {
    const { server, v1 } = await installed(at());
    const broken = await at().build('5.0.0', 'failStart');
    const failed = at().deployer.deploy({ ...order(server, broken, 2), recordBase: true });
    await expect(failed).rejects.toMatchObject({
      code: 'deployFailed',
      message: expect.stringMatching(/ended before/),
    });
    expect(await at().deployer.read(server)).toMatchObject({ running: null, base: { artifact: build(v1) } });
    expect(await at().deployer.deploy(order(server, v1, 3))).toEqual(build(v1));
  });

  test('an aborted order changes nothing', async () => {
    const { server, v2 } = await installed(at());
    const before = await at().instance(server);
    const aborted = at().deployer.deploy({ ...order(server, v2, 2), signal: AbortSignal.abort(new Error('enough')) });
    await expect(aborted).rejects.toThrow('enough');
    expect(await at().instance(server)).toBe(before);
  });
}

export const build = ({ version, digest }: Artifact) => ({ version, digest });

export const order = (server: ServerSpec, artifact: Artifact, fence: number): DeployOrder => ({
  server,
  artifact,
  fence,
  release: 'r1',
  recordBase: false,
});

export async function twoBuilds(harness: DeployerHarness): Promise<{ v1: Artifact; v2: Artifact }> {
  return { v1: await harness.build('1.0.0'), v2: await harness.build('2.0.0') };
}

/** A server that runs version 1 since fence 1. */
async function installed(harness: DeployerHarness): Promise<{ server: ServerSpec; v1: Artifact; v2: Artifact }> {
  const server = await harness.server();
  const builds = await twoBuilds(harness);
  await harness.deployer.deploy(order(server, builds.v1, 1));
  return { server, ...builds };
}
