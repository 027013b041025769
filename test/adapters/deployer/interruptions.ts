/** Every program that takes part in a deploy dies, and freezes, right before each of its effects. */
import { describe, expect, test } from 'vitest';
import type { DeployOrder } from '../../../src/adapters/deployer/port.ts';
import type { Artifact } from '../../../src/domain/artifact.ts';
import type { ServerSpec } from '../../../src/domain/server.ts';
import type { Interruption, TrapOrder } from '../../support/trap.ts';
import { build, type DeployerHarness, harnessFor, order, twoBuilds } from './contract.ts';

export interface SweepSetting {
  /** So many effects at a time. */
  readonly width?: number;
  /** Writers whose death leaves no other state than the death of the one they call. */
  readonly onlyFrozen?: readonly string[];
}

/** The slow half of the contract. `writers` names, for each program, some effects it must have met. */
export function interruptionContract(
  kind: string,
  writers: Readonly<Record<string, readonly string[]>>,
  create: () => Promise<DeployerHarness>,
  { width = 1, onlyFrozen = [] }: SweepSetting = {},
): void {
  describe(`a deploy that is interrupted: ${kind}`, () => {
    const at = harnessFor(create);
    for (const [writer, effects] of Object.entries(writers)) {
      if (!onlyFrozen.includes(writer)) {
        test(
          `the ${writer} dies before any of its effects: a repeat finishes the deploy`,
          () => deathSweep(at(), writer, { effects, width }),
          120_000,
        );
      }
      test(
        `the ${writer} freezes before any of its effects and wakes after a rollback: nothing changes`,
        () => freezeSweep(at(), writer, { effects, width }),
        120_000,
      );
    }
  });
}

const mostEffects = 40;

interface SweepOrder {
  readonly effects: readonly string[];
  readonly width: number;
}

async function deathSweep(harness: DeployerHarness, writer: string, { effects, width }: SweepOrder): Promise<void> {
  const { v1, v2 } = await twoBuilds(harness);
  const met = await sweep(width, async (effect) => {
    const server = await harness.server();
    await harness.deployer.deploy(order(server, v1, 1));
    const forward = { ...order(server, v2, 2), recordBase: true };
    const death = await interrupt(harness, writer, forward, { at: effect, signal: 'SIGKILL' });
    if (death === null) return null;
    await death.ended;
    expect(await harness.deployer.deploy(forward), `after death before ${death.effect}`).toEqual(build(v2));
    await settled(harness, server, v2, v1);
    await harness.kill(server);
    return death.effect;
  });
  expect(met).toEqual(expect.arrayContaining([...effects]));
}

async function freezeSweep(harness: DeployerHarness, writer: string, { effects, width }: SweepOrder): Promise<void> {
  const { v1, v2 } = await twoBuilds(harness);
  const met = await sweep(width, async (effect) => {
    const server = await harness.server();
    await harness.deployer.deploy(order(server, v1, 1));
    const forward = { ...order(server, v2, 2), recordBase: true };
    const frozen = await interrupt(harness, writer, forward, { at: effect, signal: 'SIGSTOP' });
    if (frozen === null) return null;
    expect(await harness.deployer.deploy(order(server, v1, 3)), `while frozen before ${frozen.effect}`).toEqual(
      build(v1),
    );
    const before = await harness.instance(server);
    frozen.wake();
    expect(await frozen.ended, `woken before ${frozen.effect}`).toMatchObject({ status: 'rejected' });
    expect(await harness.instance(server), `woken before ${frozen.effect}`).toBe(before);
    expect(await harness.deployer.read(server)).toMatchObject({ running: build(v1), fence: 3 });
    // What the woken writer left behind must not fool the next deploy either.
    await harness.deployer.deploy(order(server, v1, 3));
    expect(await harness.instance(server), `repeated after ${frozen.effect}`).toBe(before);
    await harness.kill(server);
    return frozen.effect;
  });
  expect(met).toEqual(expect.arrayContaining([...effects]));
}

/** Calls `attempt` with 1, 2, 3 …, `width` at a time, until it meets no further effect. */
async function sweep(width: number, attempt: (effect: number) => Promise<string | null>): Promise<readonly string[]> {
  const met: string[] = [];
  for (;;) {
    const next = Array.from({ length: width }, (_, index) => met.length + 1 + index);
    const effects = await Promise.all(next.map(attempt));
    met.push(...effects.filter((effect) => effect !== null));
    if (effects.includes(null)) return met;
    if (met.length > mostEffects) throw new Error(`no end of effects: ${met.join(', ')}`);
  }
}

function interrupt(
  harness: DeployerHarness,
  writer: string,
  forward: DeployOrder,
  trap: Omit<TrapOrder, 'script'>,
): Promise<Interruption | null> {
  const run = harness.writers[writer];
  if (run === undefined) throw new Error(`this deployer has no ${writer}`);
  return run(forward, trap);
}

async function settled(harness: DeployerHarness, server: ServerSpec, runs: Artifact, base: Artifact): Promise<void> {
  expect(await harness.deployer.read(server)).toMatchObject({
    running: build(runs),
    base: { release: 'r1', artifact: build(base) },
  });
}
