/** A release that nobody touches, and the same one with one thing done to it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReleaseSpec } from '../../src/domain/spec.ts';
import { World, type WorldTemporal } from '../../test/support/world.ts';
import { fiveStages } from './release.ts';

export interface Case {
  readonly name: string;
  readonly spec: Partial<ReleaseSpec>;
  /** Commands and approvals in it. */
  readonly commands: number;
  readonly story?: (world: World) => Promise<unknown>;
}

/** Long enough for a verdict on a busy machine: an extended hold would count as events of its own. */
const shortMs = 1_000;
/** Long enough that a command meets the first stage in its hold, on a busy machine too. */
const firstMs = 4_000;
const approval = { deadlineMs: 60_000, otherwise: 'rollback' } as const;

const firstLonger = fiveStages(shortMs, (number) => (number === 1 ? { holdMs: firstMs } : {}));
const holding = (world: World) => world.until(({ stage }) => stage?.clock != null, 30_000);

async function approve(world: World, stage: number): Promise<void> {
  await world.until(({ gate }) => gate?.stage === stage && gate.approved === null, 30_000);
  await world.send('approve', { stage });
}

async function pauseFor(world: World, ms: number): Promise<void> {
  await holding(world);
  await world.send('pause');
  await sleep(ms);
  await world.send('resume');
}

async function excludeInLeveling(world: World): Promise<void> {
  world.fleet.inject('s5', { kind: 'hang', digest: world.spec.artifact.digest });
  await world.until(({ phase }) => phase === 'leveling', 60_000);
  await world.send('exclude', { server: 's20' });
  world.fleet.heal('s5');
}

export const untouched: Case = { name: 'nobody intervenes', spec: fiveStages(shortMs), commands: 0 };

export const touched: readonly Case[] = [
  {
    name: 'an approval',
    spec: fiveStages(shortMs, (number) => (number === 1 ? { approval } : {})),
    commands: 1,
    story: (world) => approve(world, 1),
  },
  {
    name: 'pause and resume in a hold',
    spec: firstLonger,
    commands: 2,
    story: (world) => pauseFor(world, 100),
  },
  {
    name: 'a pause longer than the hold, resume',
    spec: firstLonger,
    commands: 2,
    story: (world) => pauseFor(world, firstMs + 500),
  },
  {
    name: 'skip',
    spec: fiveStages(shortMs, (number) => (number === 1 ? { holdMs: 60_000 } : {})),
    commands: 1,
    story: async (world) => {
      await holding(world);
      await world.send('skip');
    },
  },
  {
    name: 'exclude',
    spec: fiveStages(shortMs),
    commands: 1,
    story: excludeInLeveling,
  },
  {
    name: 'an approval after every stage',
    spec: fiveStages(shortMs, () => ({ approval })),
    commands: 5,
    story: async (world) => {
      for (const stage of [1, 2, 3, 4, 5]) await approve(world, stage);
    },
  },
];

/** The history of the whole release, which has to complete. A worker must be serving. */
export async function historyOf(temporal: WorldTemporal, { spec, story }: Case): Promise<readonly HistoryEvent[]> {
  const world = new World(temporal, spec);
  try {
    await world.start();
    await story?.(world);
    const { outcome } = await world.result();
    if (outcome !== 'completed') throw new Error(`the release ended as ${outcome}`);
    return (await world.handle.fetchHistory()).events ?? [];
  } finally {
    await world.end();
  }
}

type HistoryEvent = NonNullable<Awaited<ReturnType<World['handle']['fetchHistory']>>['events']>[number];
