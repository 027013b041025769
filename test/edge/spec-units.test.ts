import { describe } from 'vitest';
import { refuses, spoiled, withLines } from './spec-base.ts';

describe('durations, percents and counts are strict', () => {
  refuses([
    [
      'a share as a number',
      spoiled('share: 5%', 'share: 0.05'),
      'ramp.stages[0].share',
      'expected a percent from 0% to 100% in steps',
    ],
    ['a share of nothing', spoiled('share: 5%', 'share: 0%'), 'ramp.stages[0].share', 'nobody would be on gray'],
    ['a share above everything', spoiled('share: 25%', 'share: 101%'), 'ramp.stages[1].share', 'found "101%"'],
    ['a share in steps too fine', spoiled('share: 5%', 'share: 0.005%'), 'ramp.stages[0].share', '0.01 %'],
    [
      'stages that do not grow',
      spoiled('share: 25%', 'share: 5%'),
      'ramp.stages[1].share',
      'expected more than the 5% of the stage before, found 5%',
    ],
    [
      'no stages',
      spoiled('[{ share: 5%, hold: 1m }, { share: 25%, hold: 2m }]', '[]'),
      'ramp.stages',
      'a list of 1 to 50 stages',
    ],
    ['a hold without unit', spoiled('hold: 1m', 'hold: 60'), 'ramp.stages[0].hold', 'digits and a unit'],
    ['a hold in words', spoiled('hold: 1m', 'hold: 1 minute'), 'ramp.stages[0].hold', 'found "1 minute"'],
    ['a hold of nothing', spoiled('hold: 1m', 'hold: 0s'), 'ramp.stages[0].hold', 'from 100ms to 90d'],
    ['a hold of years', spoiled('hold: 1m', 'hold: 9999d'), 'ramp.stages[0].hold', 'from 100ms to 90d'],
    ['a negative hold', spoiled('hold: 1m', 'hold: -5m'), 'ramp.stages[0].hold', 'found "-5m"'],
    [
      'a hold shorter than one measurement',
      spoiled('hold: 1m', 'hold: 1s'),
      'ramp.stages[0].hold',
      'at least one interval of the metrics',
    ],
    [
      'a quorum',
      spoiled('hold: 2m', 'hold: 2m, approval: { count: 2 }'),
      'ramp.stages[1].approval.count',
      'quorums of several people come later',
    ],
    [
      'an answer nobody knows',
      spoiled('hold: 2m', 'hold: 2m, approval: { otherwise: rolback }'),
      'ramp.stages[1].approval.otherwise',
      'one of rollback, hold, proceed',
      'rollback',
    ],
    [
      'an undecided stage that goes on',
      spoiled('hold: 2m', 'hold: 2m, undecided: proceed'),
      'ramp.stages[1].undecided',
      'one of extend, hold, rollback',
    ],
    [
      'an answer within no time',
      spoiled('{ share: 25%, hold: 2m }]', '{ share: 25%, hold: 2m }], answerWithin: 0s'),
      'ramp.answerWithin',
      'from 100ms to 90d',
    ],
    ['a load below normal', withLines('capacity: { maxLoad: 0.8 }'), 'capacity.maxLoad', 'a number from 1 to 10'],
    [
      'a load that is not a number',
      withLines('capacity: { maxLoad: .nan }'),
      'capacity.maxLoad',
      'a number from 1 to 10',
    ],
    [
      'half an attempt',
      withLines('deployment: { attempts: 2.5 }'),
      'deployment.attempts',
      'a whole number from 1 to 20',
    ],
  ]);
});
