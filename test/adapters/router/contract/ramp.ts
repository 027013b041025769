/** A whole ramp, user by user, against `assign()`. */
import pMap from 'p-map';
import { describe, expect, test } from 'vitest';
import { allUsersBp } from '../../../../src/domain/split.ts';
import type { RouterWorld } from './world.ts';

export interface RampOptions {
  readonly users: number;
  /** Requests in flight at the same time. */
  readonly concurrency: number;
}

const shares = [0, 100, 2_000, 5_000, allUsersBp] as const;

/** These are asked at every share, all others at one of them. */
const followed = 100;

export function rampContract(world: RouterWorld, { users: count, concurrency }: RampOptions): void {
  const users = Array.from({ length: count }, (_, n) => `user-${n}`);

  describe('the split', () => {
    test(`sends ${count} users where assign() says, over a ramp, and nobody goes back`, async () => {
      let onGray = new Set<string>();
      for (const [stage, shareBp] of shares.entries()) {
        const rest = shareBp === allUsersBp ? 'gray' : 'stable';
        const desired = await world.apply({ period: 'gray', split: { shareBp, rest } });
        const asked = users.filter((_, n) => n < followed || n % shares.length === stage);
        const answer = async (user: string) => ({ user, arm: await world.armAt(desired, user) });
        const answers = await pMap(asked, answer, { concurrency });
        expect(answers.filter(({ user, arm }) => arm !== world.assign(desired, user))).toEqual([]);
        const gray = new Set(answers.flatMap(({ user, arm }) => (arm === 'gray' ? [user] : [])));
        expect([...onGray].filter((user) => !gray.has(user))).toEqual([]);
        onGray = new Set([...gray].filter((user) => users.indexOf(user) < followed));
      }
      expect(onGray.size).toBe(Math.min(count, followed));
    }, 120_000);
  });
}
