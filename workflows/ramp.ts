/** The gray ramp: m stages, each share → confirm → observe → verdict → gate. */
import type { Next } from '../activities/orders.ts';
import { leftMs, startClock, stopClock } from '../src/domain/clock.ts';
import { desiredRoute } from '../src/domain/desired.ts';
import { stageShare } from '../src/domain/percent.ts';
import type { StageSpec } from '../src/domain/spec.ts';
import { announce } from './announce.ts';
import { fitShare, fittingNow } from './disturbance.ts';
import { passGate } from './gate.ts';
import { Interruption } from './interruption.ts';
import { watchUntil } from './observing.ts';
import type { Run } from './run.ts';
import { moveTraffic } from './traffic.ts';
import { undecided } from './undecided.ts';

export async function ramp(run: Run): Promise<void> {
  for (let stage = present(run); stage !== undefined; stage = present(run)) {
    if (run.state.clock === null && run.state.gate === null) await open(run, stage);
    await hold(run);
    await passGate(run, stage.approval, run.state.stage + 1, () => following(run));
    run.update({ stage: run.state.stage + 1 });
  }
}

const present = ({ spec, state }: Run): StageSpec | undefined => spec.ramp.stages[state.stage];

const label = ({ spec, state }: Run, { shareBp, segments }: StageSpec): string =>
  `stage ${state.stage + 1} of ${spec.ramp.stages.length}: ${stageShare(shareBp, segments)}`;

/** The clock starts only when the share is confirmed, gray carries all of it, and nobody has paused meanwhile. */
async function open(run: Run, stage: StageSpec): Promise<void> {
  await moveTraffic(run, label(run, stage), [{ change: opening(run, run.state.stage), confirm: true }]);
  const clock = stopClock(startClock(stage.holdMs, Date.now()), Date.now());
  run.update({ clock, newStage: true, verdict: null, skip: null });
  run.note(label(run, stage));
  announce(run, 'stage', label(run, stage));
  await fitShare(run);
}

const opening = (run: Run, stage: number) =>
  ({ period: 'gray', listsApply: true, testing: false, shareBp: fittingNow(run, stage) }) as const;

/** What the watching of a gate goes on with: the stage that opens with the next fence, or leveling. */
function following(run: Run): Next {
  const { state, spec, release } = run;
  const stage = state.stage + 1;
  const holdMs = spec.ramp.stages[stage]?.holdMs;
  if (holdMs === undefined) return { kind: 'leveling', stage };
  const then = { ...state, ...opening(run, stage), stage, fence: state.fence + 1 };
  return { kind: 'stage', stage, expect: desiredRoute(then, spec, release), holdMs };
}

/** Ends on a pass or a recorded override, never on time alone. */
async function hold(run: Run): Promise<void> {
  while (run.state.clock !== null) {
    await whilePaused(run);
    const { clock } = run.state;
    const passed = run.state.verdict?.kind === 'pass' ? `passed: ${run.state.verdict.reason}` : null;
    if (run.state.skip !== null) return end(run, `hold skipped by ${run.state.skip.by}`);
    if (run.state.shortSinceMs !== null) await whileShort(run, run.state.shortSinceMs);
    else if (passed !== null && clock.extensions > 0) return end(run, passed);
    else if (leftMs(clock, Date.now()) > clockSlackMs) await watchHold(run);
    else if (passed !== null) return end(run, passed);
    else await undecided(run);
  }
}

/** Worker and server clocks need not agree to the millisecond. */
const clockSlackMs = 50;

async function whilePaused(run: Run): Promise<void> {
  if (run.state.paused === null) return;
  await watchUntil(run, { summary: `paused by ${run.state.paused.by}`, until: () => run.state.paused === null });
}

/** Gray servers may come back for as long as a stage without a verdict may take; then the exception policy acts. */
async function whileShort(run: Run, sinceMs: number): Promise<void> {
  const what = 'gray servers that can carry the share';
  const deadlineMs = sinceMs + (run.state.clock?.holdMs ?? 0) * run.spec.ramp.patience;
  run.update({ waiting: { what, deadlineMs, otherwise: 'the exception policy' } });
  const until = () => run.state.skip !== null || run.state.shortSinceMs !== sinceMs;
  await watchUntil(run, { summary: `waiting for ${what}`, endAtMs: () => deadlineMs, timer: true, until });
  run.update({ waiting: null });
  if (run.state.paused === null && !until()) throw new Interruption('gray can no longer carry the share of the stage');
}

async function watchHold(run: Run): Promise<void> {
  const stage = present(run);
  const endAtMs = () => Date.now() + (run.state.clock === null ? 0 : leftMs(run.state.clock, Date.now()));
  await watchUntil(run, {
    summary: stage === undefined ? 'hold' : label(run, stage),
    endAtMs,
    timer: true,
    takesUp: 'stage',
    endOnPass: (run.state.clock?.extensions ?? 0) > 0,
    until: () => run.state.skip !== null || run.state.shortSinceMs !== null,
  });
}

function end(run: Run, text: string): void {
  run.update({ clock: null, skip: null });
  run.note(text);
}
