import { afterEach, describe, expect, it } from 'vitest';
import { judgedIn } from '../../src/adapters/evidence/read.ts';
import { createJudge } from '../../src/domain/judge/index.ts';
import { useTemporal } from '../support/temporal.ts';
import { World } from '../support/world.ts';

const temporal = useTemporal();
let world: World;
afterEach(() => world.end());

describe('the evidence of a release', () => {
  it('gives the verdict again that let its last stage pass', async () => {
    world = new World(temporal());
    const { outcome, journal } = await world.run();
    expect(outcome).toBe('completed');
    const judge = createJudge(world.spec.judge);
    const last = world.spec.ramp.stages.length - 1;
    const judged = judgedIn(world.evidence).filter(({ stage }) => stage === last);
    expect(judged.length).toBeGreaterThan(1);
    const fold = judged.map(({ interval }) => interval).reduce(judge.fold, judge.start());
    const verdict = judge.decide(fold, { nowMs: fold.upToMs, rules: 'all', shareBp: 3_300 });
    expect(journal.map(({ text }) => text)).toContain(`passed: ${verdict.reason}`);
  });
});
