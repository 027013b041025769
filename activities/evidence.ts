/** Keeps what was judged. A disk that is full or slow must not hold a release, so nobody waits for it. */
import { log } from '@temporalio/activity';
import type { EvidenceLog } from '../src/adapters/evidence/port.ts';
import type { Interval } from '../src/domain/verdict.ts';
import type { Seen } from './seen.ts';

export function keepBegin(evidence: EvidenceLog, { order, fold }: Seen, newStage: boolean): void {
  const { release, stage, judge } = order;
  append(evidence, release, { kind: 'begin', atMs: Date.now(), stage, newStage, upToMs: fold.upToMs, judge });
}

export function keepInterval(evidence: EvidenceLog, { order }: Seen, interval: Interval): void {
  const { release, stage, shareBp } = order;
  append(evidence, release, { kind: 'interval', stage, shareBp, interval });
}

const append = (evidence: EvidenceLog, ...kept: Parameters<EvidenceLog['append']>): void =>
  void evidence
    .append(...kept)
    .catch((error: unknown) => log.warn('evidence could not be kept', { error: String(error) }));
