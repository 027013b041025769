/** What heartbeats of running activities add to the status of the workflow: they are seconds old, it may be minutes. */
import { isRehearsed } from '../domain/rehearsal.ts';
import type { ActivityStatus, Status } from '../domain/status.ts';
import type { Verdict } from '../domain/verdict.ts';

/** `status` with `activities`, and what a running observe says in place of what is older. A fail stays. */
export function withLive(status: Status, activities: readonly ActivityStatus[]): Status {
  const said = activities.find(({ name }) => name === 'observe')?.progress;
  const verdict = field(said, 'verdict');
  const rehearsed = field(field(field(said, 'fold'), 'memory'), 'rehearsed');
  return {
    ...status,
    activities,
    ...(isVerdict(verdict) && status.verdict?.kind !== 'fail' && { verdict }),
    ...(status.mode === 'rehearsal' && isRehearsed(rehearsed) && { rehearsed }),
  };
}

const isVerdict = (value: unknown): value is Verdict =>
  typeof field(value, 'kind') === 'string' &&
  typeof field(value, 'reason') === 'string' &&
  Array.isArray(field(value, 'evidence'));

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined;
