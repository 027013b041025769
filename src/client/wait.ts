/** Waits for a release without a worker's help: its phase is a search attribute, which costs no Query and survives every worker. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { GrayError } from '../domain/errors.ts';
import type { Status } from '../domain/status.ts';
import { type DescribedRun, describeRun, type RunFacts } from './facts.ts';
import { listReleases } from './list.ts';
import { releaseStatus } from './status.ts';

export interface WaitOptions {
  /** `leveled`: every server proven, the watch begins. A release that ends otherwise ends the wait too. */
  readonly until: 'leveled' | 'closed';
  /** Waits for the release of this request, whatever is started after it. Default: the one that is open or latest now. */
  readonly requestId?: string;
  /** Default: none. */
  readonly timeoutMs?: number;
  readonly everyMs?: number;
  readonly signal?: AbortSignal;
}

/** How long Temporal may be away before the wait gives up. */
const patienceMs = 5 * 60_000;

/** The status once it is so. Throws `timedOut` (the release goes on), `noRelease`, `temporalUnreachable` after five minutes of silence. */
export async function waitForRelease(client: Client, target: string, options: WaitOptions): Promise<Status> {
  const deadline = options.timeoutMs === undefined ? Number.POSITIVE_INFINITY : Date.now() + options.timeoutMs;
  let { requestId } = options;
  for (;;) {
    const { facts } = await patiently(() => runOf(client, target, requestId), options.signal);
    requestId = facts.requestId;
    if (reached(facts, options.until)) return releaseStatus(client, target, facts.runId);
    if (Date.now() > deadline) throw tooLate(facts, options);
    await sleep(options.everyMs ?? 500, undefined, options.signal && { signal: options.signal });
  }
}

const reached = ({ run, phase }: RunFacts, until: WaitOptions['until']): boolean =>
  run !== 'open' || (until === 'leveled' && phase === 'watch');

const tooLate = ({ target, phase }: RunFacts, { until, timeoutMs }: WaitOptions): GrayError =>
  new GrayError('timedOut', `${target} is not ${until} after ${(timeoutMs ?? 0) / 1000} s; it is in ${phase}`, {
    details: { target, phase, until },
  });

/** The run of a request; the latest one where no request is named. Throws `noRelease`. */
export async function runOf(client: Client, target: string, requestId?: string): Promise<DescribedRun> {
  const latest = await describeRun(client, target);
  if (requestId === undefined || latest.facts.requestId === requestId) return latest;
  const [older] = await listReleases(client, { target, requestId, limit: 1 });
  if (older !== undefined) return describeRun(client, target, older.runId);
  const text = `no release of ${target} by request ${requestId} is known`;
  throw new GrayError('noRelease', text, { details: { target, requestId } });
}

/** A wait of hours outlives a restart of the server. */
async function patiently<T>(ask: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const since = Date.now();
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const away = error instanceof GrayError && error.code === 'temporalUnreachable';
      if (!away || Date.now() - since > patienceMs) throw error;
    }
    await sleep(1_000, undefined, signal && { signal });
  }
}
