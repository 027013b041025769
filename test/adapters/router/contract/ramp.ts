/** The whole ramp, user by user, against `assign()`. */
import pMap from 'p-map';
import { describe, expect, test } from 'vitest';
import { allUsersBp, assign } from '../../../../src/domain/split.ts';
import type { RouterWorld } from './world.ts';

export interface RampOptions {
  readonly users: number;
  /** Requests in flight at the same time. */
  readonly concurrency: number;
}

export function rampContract(world: RouterWorld, { users: count, concurrency }: RampOptions): void {
  const users = Array.from({ length: count }, (_, n) => `user-${n}`);

  describe('the split', () => {
    test(`sends each of ${count} users where assign() says, over a ramp, and nobody goes back`, async () => {
      let onGray = new Set<string>();
      for (const shareBp of [0, 100, 2_000, 5_000, allUsersBp]) {
        const rest = shareBp === allUsersBp ? 'gray' : 'stable';
        const desired = await world.apply({ period: 'gray', split: { shareBp, rest } });
        const answer = async (user: string) => ({ user, arm: await world.armAt(desired, user) });
        const answers = await pMap(users, answer, { concurrency });
        expect(answers.filter(({ user, arm }) => arm !== assign(desired, user))).toEqual([]);
        const gray = new Set(answers.flatMap(({ user, arm }) => (arm === 'gray' ? [user] : [])));
        expect([...onGray].filter((user) => !gray.has(user))).toEqual([]);
        onGray = gray;
      }
      expect(onGray.size).toBe(count);
    }, 120_000);
  });
}
