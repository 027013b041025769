/** One release per shape of control flow: recorded once, replayed ever after. */
import type { ReleaseRequest, ReleaseSpec } from '../../src/domain/spec.ts';
import { baseBuild, server } from './release-spec.ts';
import { broken, healthy, type World } from './world.ts';

export interface Shape {
  readonly spec?: Partial<ReleaseSpec>;
  readonly request?: Partial<ReleaseRequest>;
  /** What happens while the release runs. */
  readonly story?: (world: World) => Promise<unknown>;
}

const small = { servers: [1, 2, 3, 4].map((n) => server(`s${n}`, 9000 + n, n === 1)), capacity: { maxLoad: 4 } };
const stage = (holdMs: number, change = {}) => ({
  ...small,
  ramp: { patience: 3, stages: [{ shareBp: 1_000, holdMs, ...change }] },
});
const long = stage(60_000);
const short = stage(150);
const hold = { policy: 'hold', holdForMs: 20_000, drainMs: 100 } as const;
const check = { kind: 'command', name: 'smoke', command: ['smoke'], env: [], timeoutMs: 100 } as const;
const approval = { deadlineMs: 20_000, otherwise: 'rollback' } as const;
const failing = async ({ name }: { readonly name: string }) => ({
  name,
  ok: false,
  runs: 1,
  failures: 1,
  problem: 'broken',
});

const holding = (world: World) => world.until(({ stage: now }) => now?.clock != null);
const inPhase = (world: World, name: string) => world.until(({ phase }) => phase === name);
const failNow = (world: World) => world.metrics.set('*', 'gray', broken, Date.now());
const recover = (world: World) => world.metrics.set('*', 'gray', healthy, Date.now());
const held = (world: World) => world.until((status) => status.held);
const newDigest = (world: World) => world.spec.artifact.digest;

export const shapes: Readonly<Record<string, Shape>> = {
  completed: { spec: short },
  approved: {
    spec: stage(150, { approval }),
    story: async (world) => {
      await world.until(({ gate }) => gate !== null);
      await world.send('approve', { stage: 1 });
    },
  },
  'paused-resumed-skipped': {
    spec: long,
    story: async (world) => {
      await holding(world);
      await world.send('pause');
      await world.send('resume');
      await world.send('skip');
    },
  },
  'gate-expired': { spec: stage(150, { approval: { deadlineMs: 400, otherwise: 'rollback' } }) },
  'hold-extended': { spec: stage(200), story: async (world) => world.metrics.goAway() },
  'undecided-and-skipped': {
    spec: { ...small, ramp: { patience: 3, stages: [{ shareBp: 1_000, holdMs: 200, undecided: 'hold' }] } },
    story: async (world) => {
      world.metrics.goAway();
      await world.until(({ waiting }) => waiting !== null);
      await world.send('pause');
      await world.send('resume');
      await world.until(({ waiting }) => waiting !== null);
      await world.send('skip');
    },
  },
  'undecided-and-unanswered': {
    spec: {
      ...small,
      ramp: { patience: 3, answerWithinMs: 400, stages: [{ shareBp: 1_000, holdMs: 200, undecided: 'hold' }] },
    },
    story: async (world) => world.metrics.goAway(),
  },
  'undecided-then-pass': {
    spec: { ...small, ramp: { patience: 3, stages: [{ shareBp: 1_000, holdMs: 200, undecided: 'hold' }] } },
    story: async (world) => {
      world.metrics.goAway();
      await world.until(({ waiting }) => waiting !== null);
      world.metrics.comeBack();
    },
  },
  'undecided-rolled-back': {
    spec: { ...small, ramp: { patience: 3, undecided: 'rollback', stages: [{ shareBp: 1_000, holdMs: 200 }] } },
    story: async (world) => world.metrics.goAway(),
  },
  rehearsed: {
    spec: { ...short, artifact: baseBuild },
    request: { mode: 'rehearsal' },
  },
  'rehearsed-at-its-gate': {
    spec: { ...stage(150, { approval }), artifact: baseBuild },
    request: { mode: 'rehearsal' },
    story: async (world) => {
      await world.until(({ gate }) => gate !== null);
      await world.send('approve', { stage: 1 });
    },
  },
  'rehearsal-aborted': {
    spec: { ...long, artifact: baseBuild },
    request: { mode: 'rehearsal' },
    story: async (world) => {
      await holding(world);
      await world.send('abort');
    },
  },
  'warmed-up': {
    spec: {
      ...short,
      capacity: { maxLoad: 4, minServing: 3 },
      leveling: { batch: 2, byZone: true, warmUpMs: 100, onServerFailure: 'exception' },
    },
  },
  refused: { spec: short, story: async (world) => world.fleet.kill('s3') },
  stopped: {
    spec: { ...short, verify: { deployment: [check], gray: [] } },
    story: async (world) => {
      world.check = failing;
    },
  },
  'gray-verification-fails': {
    spec: { ...short, verify: { deployment: [], gray: [check] } },
    story: async (world) => {
      world.check = failing;
    },
  },
  regression: {
    spec: long,
    story: async (world) => {
      await holding(world);
      failNow(world);
    },
  },
  'held-and-resumed': {
    spec: { ...stage(1_000), exception: hold },
    story: async (world) => {
      await holding(world);
      failNow(world);
      await held(world);
      recover(world);
      await world.send('resume');
    },
  },
  'held-and-retried': {
    spec: { ...stage(1_000), exception: hold },
    story: async (world) => {
      await holding(world);
      failNow(world);
      await held(world);
      recover(world);
      await world.send('retry');
    },
  },
  'aborted-in-ramp': {
    spec: long,
    story: async (world) => {
      await holding(world);
      await world.send('abort');
    },
  },
  cancelled: {
    spec: long,
    story: async (world) => {
      await holding(world);
      await world.handle.cancel();
    },
  },
  'aborted-in-leveling': {
    spec: { ...short, leveling: { batch: 1, onServerFailure: 'exception' } },
    story: async (world) => {
      world.fleet.inject('s3', { kind: 'hang', digest: newDigest(world) });
      await inPhase(world, 'leveling');
      await world.send('abort');
      world.fleet.heal('s3');
    },
  },
  'leveling-fails': {
    spec: short,
    story: async (world) => world.fleet.inject('s3', { kind: 'fail', digest: newDigest(world) }),
  },
  excluded: {
    spec: { ...short, leveling: { batch: 1, onServerFailure: 'wait' } },
    story: async (world) => {
      world.fleet.inject('s3', { kind: 'fail', digest: newDigest(world) });
      await world.until(({ mayExclude, waiting }) => waiting !== null && mayExclude.includes('s3'));
      await world.send('exclude', { server: 's3' });
    },
  },
  'rolled-back-from-watch': {
    spec: { ...short, watch: { forMs: 60_000 } },
    story: async (world) => {
      await inPhase(world, 'watch');
      await world.send('rollback');
    },
  },
  'undone-after-the-close': {
    spec: short,
    story: async (world) => {
      await inPhase(world, 'watch');
      await world.result();
      await world.start({ mode: 'rollback', requestId: 'undo' });
    },
  },
  'finished-early': {
    spec: { ...short, watch: { forMs: 60_000 } },
    story: async (world) => {
      await inPhase(world, 'watch');
      await world.send('finish');
    },
  },
  'router-restarted': {
    spec: stage(2_500),
    story: async (world) => {
      await holding(world);
      world.router.restart();
    },
  },
  'drift-left': {
    spec: { ...stage(1_500), exception: { policy: 'rollback', holdForMs: 1_000, drainMs: 100, onDrift: 'hold' } },
    story: async (world) => {
      await holding(world);
      world.router.drift((route) => ({ ...route, split: { ...route.split, shareBp: 9_000 } }));
      await world.until(({ paused }) => paused !== null);
      await world.send('resume');
    },
  },
  'gray-server-lost': {
    spec: stage(3_000),
    story: async (world) => {
      await holding(world);
      world.router.setUp('s1', false);
      await world.until(({ shareBp }) => shareBp === 0);
      world.router.setUp('s1', true);
    },
  },
  'crash-loop': {
    spec: { ...stage(60_000), exception: { policy: 'rollback', holdForMs: 1_000, drainMs: 100, crashLoop: 1 } },
    story: async (world) => {
      await holding(world);
      world.router.setUp('s1', false);
    },
  },
  overtaken: {
    spec: long,
    story: async (world) => {
      await holding(world);
      const { route } = await world.router.read();
      await world.router.apply({ ...route, fence: 500, release: 'operator', split: { ...route.split, shareBp: 0 } });
    },
  },
};
