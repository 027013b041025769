/** A Temporal `Client` for the functions of this library. */
import { Client, Connection } from '@temporalio/client';
import { readConfig, type TemporalConfig } from '../config.ts';
import { GrayError } from '../domain/errors.ts';
import { unreachable } from './calls.ts';

export interface ConnectOptions {
  /** Temporal configuration profile; default: `TEMPORAL_PROFILE`, else `default`. */
  readonly profile?: string;
  /** Instead of a profile. */
  readonly temporal?: TemporalConfig;
  /** How long to try; default 4 s. */
  readonly timeoutMs?: number;
}

/**
 * Connects to Temporal. Close it with `client.connection.close()`.
 * Throws `temporalUnreachable` with the address after `timeoutMs`, and `invalidInput` for a broken profile.
 */
export async function connect(options: ConnectOptions = {}): Promise<Client> {
  const temporal = options.temporal ?? readConfig(process.env, options.profile).temporal;
  const { address, namespace } = temporal;
  try {
    const connection = await Connection.connect({
      ...temporal.connection,
      tls: temporal.connection.tls ?? null,
      connectTimeout: options.timeoutMs ?? 4_000,
    });
    return new Client({ connection, namespace });
  } catch (cause) {
    const silent = new GrayError('temporalUnreachable', `no Temporal server answers at ${address}`, {
      cause,
      details: { address },
    });
    throw unreachable(cause, address) ?? silent;
  }
}
