import { describe, expect, test } from 'vitest';
import { fenceDecision, refuseOtherServers, routeAtRest } from '../../src/domain/fence.ts';

const servers = [
  { id: 's1', spare: false },
  { id: 's2', spare: true },
];
const held = { ...routeAtRest(servers), fence: 5, release: 'one' };

describe('a write to a router', () => {
  test.each([
    ['a higher fence', { ...held, fence: 6, release: 'two' }, 'write'],
    ['a much higher fence', { ...held, fence: 60 }, 'write'],
    ['the same fence and content', { ...held, servers: { s2: 'out', s1: 'a' } as const }, 'repeat'],
  ])('with %s is taken', (_what, desired, decision) => {
    expect(fenceDecision(held, desired, 'the router')).toBe(decision);
  });

  test.each([
    ['an older fence', { ...held, fence: 4 }],
    ['the same fence by another release', { ...held, release: 'two' }],
    ['the same fence and another share', { ...held, split: { ...held.split, shareBp: 1 } }],
  ])('with %s is refused, and told what was seen', (_what, desired) => {
    const write = () => fenceDecision(held, desired, 'the router');
    expect(write).toThrow(
      expect.objectContaining({ code: 'staleFence', details: expect.objectContaining({ seen: 5 }) }),
    );
  });

  test('names every server of the router and no other', () => {
    const problem = { code: 'routerRefused', details: { unknown: ['s9'], missing: ['s2'] } };
    const write = () => refuseOtherServers(held, { ...held, servers: { s1: 'a', s9: 'b' } });
    expect(write).toThrow(expect.objectContaining(problem));
    expect(() => refuseOtherServers(held, held)).not.toThrow();
  });
});

test('before any release everybody is on pool a, spares are out', () => {
  expect(routeAtRest(servers)).toMatchObject({
    fence: 0,
    period: 'normal',
    stable: 'a',
    servers: { s1: 'a', s2: 'out' },
  });
});
