/** What heartbeats of running activities add to the status of the workflow: they are seconds old, it may be minutes. */
import type { ActivityStatus, Status } from '../domain/status.ts';
import type { Verdict } from '../domain/verdict.ts';

/** `status` with `activities`, and the verdict of a running observe in place of an older one. A fail stays. */
export function withLive(status: Status, activities: readonly ActivityStatus[]): Status {
  const observe = activities.find(({ name }) => name === 'observe');
  const live = field(observe?.progress, 'verdict');
  if (!isVerdict(live) || status.verdict?.kind === 'fail') return { ...status, activities };
  return { ...status, activities, verdict: live };
}

const isVerdict = (value: unknown): value is Verdict =>
  typeof field(value, 'kind') === 'string' &&
  typeof field(value, 'reason') === 'string' &&
  Array.isArray(field(value, 'evidence'));

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined;
