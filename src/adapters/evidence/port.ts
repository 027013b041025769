/** The port to where the evidence of releases is kept, for audits and for tuning gates on past releases. */
import type { JudgeSpec } from '../../domain/spec.ts';
import type { Interval } from '../../domain/verdict.ts';

export interface EvidenceLog {
  /** Adds to the end. Rejects where it cannot; no release waits for it or fails by it. */
  append(release: string, entry: EvidenceEntry): Promise<void>;
}

/** What happened in an observation, in its order. Counts only: no user, no secret. */
export type EvidenceEntry =
  | {
      readonly kind: 'begin';
      /** Epoch milliseconds. */
      readonly atMs: number;
      readonly stage: number;
      /** A stage begins: evidence of its own. */
      readonly newStage: boolean;
      /** What was folded in until here. Intervals that end later were seen by an attempt that died, and do not count. */
      readonly upToMs: number;
      readonly judge: JudgeSpec;
    }
  | {
      readonly kind: 'interval';
      readonly stage: number;
      /** Configured share of the users, basis points. */
      readonly shareBp: number;
      readonly interval: Interval;
    };
