/** Every wait has a deadline, reminders at 50 and 90 %, and says what happens when nobody answers. */
import { condition } from '@temporalio/workflow';
import { announce } from './announce.ts';
import { handoverIsDue } from './handover.ts';
import { Handover } from './interruption.ts';
import type { Run } from './run.ts';

export interface Wait {
  readonly what: string;
  readonly withinMs: number;
  readonly otherwise: string;
  /** Why it is waited, for those who are told. */
  readonly because?: string;
  readonly until: () => boolean;
}

/** True when `until` came true in time. A wait begun before a handover keeps its deadline. */
export async function waitFor(run: Run, { what, withinMs, otherwise, because, until }: Wait): Promise<boolean> {
  const running = run.state.waiting?.what === what ? run.state.waiting : null;
  const deadlineMs = running?.deadlineMs ?? Date.now() + withinMs;
  run.update({ waiting: { what, deadlineMs, otherwise } });
  run.publish();
  if (running === null)
    announce(run, 'waiting', `waiting for ${what}${because === undefined ? '' : `: ${because}`}`, 'warning');
  for (const part of [0.5, 0.9, 1]) {
    const leftMs = deadlineMs - withinMs * (1 - part) - Date.now();
    if (leftMs > 0 && (await met(until, leftMs, what))) break;
    if (until()) break;
    if (part < 1)
      announce(run, 'reminder', `${part * 100} % of the wait for ${what} are over; then: ${otherwise}`, 'warning');
  }
  run.update({ waiting: null });
  return until();
}

/** Returns while nobody has paused; a pause has no deadline. */
export async function notPaused(run: Run): Promise<void> {
  await condition(() => run.state.paused === null || handoverIsDue());
  if (run.state.paused !== null) throw new Handover();
}

/** A handover ends the wait where it is; its deadline travels with the state. */
async function met(until: () => boolean, leftMs: number, summary: string): Promise<boolean> {
  const answered = await condition(() => until() || handoverIsDue(), leftMs, { summary });
  if (!until() && handoverIsDue()) throw new Handover();
  return answered;
}
