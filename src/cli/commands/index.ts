/** Every verb, in the order of the help. */
import type { Verb } from '../verb.ts';
import { abort } from './abort.ts';
import { decisions } from './decide.ts';
import { decider } from './decider.ts';
import { dev } from './dev.ts';
import { doctor } from './doctor.ts';
import { evidence } from './evidence.ts';
import { init } from './init.ts';
import { judge } from './judge.ts';
import { list } from './list.ts';
import { plan } from './plan.ts';
import { rollback } from './rollback.ts';
import { router } from './router.ts';
import { searchAttributes } from './search-attributes.ts';
import { start } from './start.ts';
import { status } from './status.ts';
import { validate } from './validate.ts';
import { watch } from './watch.ts';
import { who } from './who.ts';
import { worker } from './worker.ts';

export const verbs: readonly Verb[] = [
  ...[init, validate, plan, who, judge, doctor],
  ...[start, status, watch, list, evidence],
  ...[...decisions, abort, rollback],
  ...[worker, dev, router, decider, searchAttributes],
];
