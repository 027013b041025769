/** What ends the way forward: a verdict, a check, a fault, a wish. */
import { ActivityFailure, ApplicationFailure, isCancellation } from '@temporalio/workflow';
import type { Consequence } from '../src/domain/state.ts';
import type { Verdict } from '../src/domain/verdict.ts';

export class Interruption extends Error {
  readonly consequence: Consequence;
  readonly verdict: Verdict | null;

  constructor(reason: string, consequence: Consequence = 'policy', verdict: Verdict | null = null) {
    super(reason);
    this.name = 'Interruption';
    this.consequence = consequence;
    this.verdict = verdict;
  }
}

/** The history has grown long: the release goes on in a new run. Thrown only where nothing is under way. */
export class Handover extends Error {
  override readonly name = 'Handover';
}

/** A fault that outlasted its attempts, as an interruption; anything else is a defect and goes on as it is. */
export function interruptionOf(error: unknown): Interruption {
  if (error instanceof Interruption) return error;
  if (error instanceof ActivityFailure && !isCancellation(error)) return new Interruption(rootMessage(error));
  throw error;
}

function rootMessage(error: ActivityFailure): string {
  return `${error.activityType}: ${error.cause?.message ?? error.message}`;
}

/** The fence that a router or server has seen, when a write came too late. */
export const seenFence = (error: unknown): number | null => seen(error, 'seen');

/** The share that is in force at the router, when a write came too late. */
export const seenShareBp = (error: unknown): number | null => seen(error, 'shareBp');

function seen(error: unknown, field: 'seen' | 'shareBp'): number | null {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure)) return null;
  if (error.cause.type !== 'staleFence') return null;
  const [details] = error.cause.details ?? [];
  const facts: Partial<Record<string, unknown>> = typeof details === 'object' && details !== null ? { ...details } : {};
  const value = facts[field];
  return typeof value === 'number' ? value : null;
}
