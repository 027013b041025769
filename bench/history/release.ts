/** The release whose events are counted: twenty servers, four of them gray, five stages, four batches. */
import type { ReleaseSpec, StageSpec } from '../../src/domain/spec.ts';
import { server } from '../../test/support/release-spec.ts';

export const servers = Array.from({ length: 20 }, (_, index) => server(`s${index + 1}`, 9001 + index, index < 4));

const shares = [100, 500, 1_000, 1_500, 2_000];

/** `stage` changes the stage with this number, from 1. */
export const fiveStages = (
  holdMs: number,
  stage: (number: number) => Partial<StageSpec> = () => ({}),
): Partial<ReleaseSpec> => ({
  servers,
  ramp: { patience: 3, stages: shares.map((shareBp, index) => ({ shareBp, holdMs, ...stage(index + 1) })) },
  leveling: { batch: 4, onServerFailure: 'exception' },
});
