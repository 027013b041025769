import { expect, it } from 'vitest';
import type { Asked } from '../../../bench/routers/load/order.ts';
import { type Change, judge } from '../../../bench/routers/timeline.ts';
import type { DesiredRoute } from '../../../src/domain/route.ts';

const route = (fence: number, shareBp: number): DesiredRoute => ({
  ...{ fence, release: 'bench', period: 'gray', stable: 'a', servers: { s1: 'a', s2: 'b' } },
  split: { shareBp, salt: 'x', alwaysGray: [], alwaysStable: [], rest: 'stable' },
});

/** Everybody stable from 10, everybody gray between 20 and 30. */
const changes: readonly Change[] = [
  { route: route(1, 0), beganMs: 0, confirmedMs: 10 },
  { route: route(2, 10_000), beganMs: 20, confirmedMs: 30 },
];

const asked = (sentMs: number, doneMs: number, server: string | null): Asked => ({
  ...{ user: 1, sentMs, doneMs, connection: 'kept', server },
});

it.each([
  ['before the first route', asked(5, 8, 's2'), { compared: 0, mismatches: 0, torn: 0 }],
  ['lost', asked(11, 12, null), { compared: 0, mismatches: 0, torn: 0 }],
  ['right', asked(11, 12, 's1'), { compared: 1, mismatches: 0, torn: 0 }],
  ['wrong', asked(11, 12, 's2'), { compared: 1, mismatches: 1, torn: 0 }],
  ['within a change, old', asked(11, 25, 's1'), { compared: 1, mismatches: 0, torn: 0 }],
  ['within a change, new', asked(21, 31, 's2'), { compared: 1, mismatches: 0, torn: 0 }],
  ['within a change, neither', asked(21, 22, 's9'), { compared: 1, mismatches: 0, torn: 1 }],
  ['after the change, old', asked(31, 32, 's1'), { compared: 1, mismatches: 1, torn: 0 }],
])('an answer %s is told', (_, one, { compared, mismatches, torn }) => {
  const judged = judge(changes, [one]);
  expect([judged.compared, judged.mismatches.length, judged.torn.length]).toEqual([compared, mismatches, torn]);
});
