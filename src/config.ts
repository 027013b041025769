/** The environment, read once and passed down. Temporal's own settings come from its configuration profiles only. */
import { homedir, hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { GrayError } from './domain/errors.ts';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface Config {
  readonly logLevel: LogLevel;
  /** Stack traces instead of a message and a hint. */
  readonly debug: boolean;
  /** Who acts, where a command does not say: `user@host`. */
  readonly by: string;
  /** Where a worker keeps the evidence of releases. */
  readonly evidenceDir: string;
  readonly temporal: TemporalConfig;
}

export interface TemporalConfig {
  readonly address: string;
  readonly namespace: string;
  /** TLS, API key and metadata included. */
  readonly connection: NativeConnectionOptions & { readonly address: string };
  /** Base URL of the Web UI; null where nobody said and it cannot be known. */
  readonly uiUrl: string | null;
}

/**
 * `GRAY_LOG_LEVEL`, `GRAY_DEBUG`, `GRAY_BY`, `GRAY_UI_URL`, `GRAY_EVIDENCE_DIR`, and the Temporal profile `profile` (default: the
 * profile that `TEMPORAL_PROFILE` names, else `default`) with the `TEMPORAL_*` variables over it. Throws `invalidInput`.
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env, profile?: string): Config {
  return {
    logLevel: logLevelOf(env.GRAY_LOG_LEVEL ?? 'info'),
    debug: isSet(env.GRAY_DEBUG),
    by: env.GRAY_BY || `${userName()}@${hostname()}`,
    evidenceDir:
      env.GRAY_EVIDENCE_DIR ||
      join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'gray-release', 'evidence'),
    temporal: temporalConfig(env, profile),
  };
}

export function logLevelOf(text: string): LogLevel {
  const level = logLevels.find((known) => known === text.toLowerCase());
  if (level !== undefined) return level;
  throw new GrayError('invalidInput', `unknown log level ${JSON.stringify(text)}; known: ${logLevels.join(', ')}`);
}

function temporalConfig(env: NodeJS.ProcessEnv, profile: string | undefined): TemporalConfig {
  const { connectionOptions, namespace } = loadProfile(env, profile);
  const address = connectionOptions.address ?? '127.0.0.1:7233';
  return {
    address,
    namespace: namespace ?? 'default',
    connection: withoutUndefined({ ...connectionOptions, address }),
    uiUrl: (env.GRAY_UI_URL || defaultUiUrl(address))?.replace(/\/+$/, '') ?? null,
  };
}

function loadProfile(env: NodeJS.ProcessEnv, profile: string | undefined) {
  try {
    return loadClientConnectConfig({
      ...(profile !== undefined && { profile }),
      overrideEnvVars: Object.fromEntries(Object.entries(env).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]]))),
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new GrayError('invalidInput', `the Temporal configuration profile cannot be used: ${why}`, { cause });
  }
}

/** The development server puts its UI 1000 ports above its own. */
function defaultUiUrl(address: string): string | null {
  const at = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]):(\d+)$/.exec(address);
  if (at !== null) return `http://${at[1]}:${Number(at[2]) + 1000}`;
  return /\.tmprl\.cloud(:\d+)?$|\.api\.temporal\.io(:\d+)?$/.test(address) ? 'https://cloud.temporal.io' : null;
}

const isSet = (value: string | undefined): boolean => value !== undefined && !['', '0', 'false'].includes(value);

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown'; // a container may run under a user id that has no name
  }
}

/** The SDK takes a key that is there as said, even when its value is undefined. */
const withoutUndefined = <T extends object>(options: T): T => {
  const kept = { ...options };
  for (const key of Object.keys(kept)) if (Reflect.get(kept, key) === undefined) Reflect.deleteProperty(kept, key);
  return kept;
};
