import { limitsOf, rehearsalJudge } from '../src/domain/judge/rehearsal.ts';
import type { Judge } from '../src/domain/verdict.ts';
import type { Adapters } from './deps.ts';
import type { ObserveOrder } from './orders.ts';

/** The judge of the release file; in a rehearsal its fails are counted and only the absolute limits act. */
export function judgeOf({ judge: create }: Adapters, { judge, rehearsal }: ObserveOrder): Judge {
  return rehearsal === true ? rehearsalJudge(create(judge), create(limitsOf(judge))) : create(judge);
}
