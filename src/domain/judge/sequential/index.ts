/** The sequential judge: evidence on counts with one budget of risk for the whole release, however often it is looked at. */
import type { SequentialJudgeSpec } from '../../spec.ts';
import type { Judge } from '../../verdict.ts';
import { decide } from './decide.ts';
import { foldInterval, nextStage } from './fold.ts';
import { asFold, freshMemory } from './memory.ts';

export const sequentialJudge = (spec: SequentialJudgeSpec): Judge => ({
  start: () => asFold(0, freshMemory),
  nextStage: (fold) => nextStage(spec, fold),
  fold: (fold, interval) => foldInterval(spec, fold, interval),
  decide: (fold, context) => decide(spec, fold, context),
});
