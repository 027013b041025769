/** Rules of an HTTPRoute against `assign()`, by the precedence that the Gateway API asks for. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bucketsBelow, bucketText } from '../../../src/adapters/router/kubernetes-gateway/buckets.ts';
import { rulesFor } from '../../../src/adapters/router/kubernetes-gateway/rules.ts';
import type { DesiredRoute } from '../../../src/domain/route.ts';
import { assign, bucketOf, poolOf } from '../../../src/domain/split.ts';
import { ruleFor } from '../../support/kubernetes-objects.ts';

const order = {
  ...{ identity: 'x-user-id', bucketHeader: 'x-gray-bucket' },
  ...{ services: { a: 'shop-a', b: 'shop-b' }, port: 80 },
};

describe('the pattern for buckets', () => {
  test('matches exactly those below the threshold, whatever it is', () => {
    const texts = Array.from({ length: 10_000 }, (_, bucket) => bucketText('s', bucket));
    const holds = (shareBp: number) => {
      const pattern = bucketsBelow('s', shareBp);
      const found = pattern === null ? [] : texts.filter((text) => new RegExp(pattern).test(text));
      return found.length === shareBp && (shareBp === 0 || found.at(-1) === texts[shareBp - 1]);
    };
    for (const shareBp of [0, 1, 9, 10, 11, 99, 100, 101, 999, 1_000, 1_001, 9_999, 10_000]) {
      expect({ shareBp, holds: holds(shareBp) }).toEqual({ shareBp, holds: true });
    }
    fc.assert(fc.property(fc.integer({ min: 0, max: 10_000 }), holds), { numRuns: 60 });
  });

  test('takes a salt as it is, not as a pattern', () => {
    const pattern = new RegExp(bucketsBelow('a.b', 5_000) ?? '');
    expect(pattern.test('a.b.0001')).toBe(true);
    expect(pattern.test('aXb.0001')).toBe(false);
  });
});

test('5,000 users go where assign() says, over a ramp, with lists and either rest', () => {
  const users = Array.from({ length: 5_000 }, (_, n) => `user-${n}`);
  const wrong: string[] = [];
  for (const [n, shareBp] of [0, 1, 100, 2_345, 5_000, 9_999, 10_000].entries()) {
    const route: DesiredRoute = {
      ...{ fence: n, release: 'r', period: 'gray', stable: n % 2 === 0 ? 'a' : 'b' },
      split: {
        ...{ shareBp, salt: 'rules', rest: n % 3 === 0 ? 'gray' : 'stable' },
        alwaysGray: ['user-1', 'user-7', 'a.b', 'user.1'],
        alwaysStable: ['user-7', 'user-8'],
      },
      servers: { s1: 'a', s2: 'b' },
    };
    const rules = rulesFor(route, order);
    for (const user of [...users.filter((_, at) => at < 20 || at % 7 === n), 'a.b', 'axb', 'user.1', null]) {
      const bucket = { 'x-gray-bucket': bucketText('rules', bucketOf('rules', user ?? '')) };
      const rule = ruleFor(rules, user === null ? {} : { 'x-user-id': user, ...bucket });
      const wanted = order.services[poolOf(route, assign(route, user))];
      if (rule?.backendRefs[0]?.name !== wanted) wrong.push(`${user} at ${shareBp}`);
    }
  }
  expect(wrong).toEqual([]);
});
