/** A release as a stream of its statuses. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { GrayError } from '../domain/errors.ts';
import type { Status } from '../domain/status.ts';
import { releaseStatus } from './status.ts';
import { runOf } from './wait.ts';

export interface WatchOptions {
  readonly requestId?: string;
  /** Default 1 s. */
  readonly everyMs?: number;
  readonly signal?: AbortSignal;
}

/** What a look showed: a status, or why there is none just now. */
export type Look = { readonly status: Status } | { readonly away: string };

/** Looks again and again until the release is closed. Throws `noRelease`; an unreachable Temporal is a look without a status. */
export async function* watchRelease(client: Client, target: string, options: WatchOptions = {}): AsyncGenerator<Look> {
  let { requestId } = options;
  for (;;) {
    const look = await lookOnce(client, target, requestId);
    yield look;
    if ('status' in look) requestId = look.status.requestId;
    if ('status' in look && look.status.phase === 'closed') return;
    await sleep(options.everyMs ?? 1_000, undefined, options.signal && { signal: options.signal });
  }
}

async function lookOnce(client: Client, target: string, requestId: string | undefined): Promise<Look> {
  try {
    const { facts } = await runOf(client, target, requestId);
    return { status: await releaseStatus(client, target, facts.runId) };
  } catch (error) {
    if (error instanceof GrayError && error.code === 'temporalUnreachable') return { away: error.message };
    throw error;
  }
}
