/** The Temporal runtime of this process, with pino behind every log line: ours, the SDK's and its native core's. */
import type { LogMetadata, Logger as TemporalLogger } from '@temporalio/worker';
import { Runtime } from '@temporalio/worker';
import { destination, type Logger, pino } from 'pino';
import type { LogLevel } from './config.ts';

export interface RuntimeOptions {
  readonly logLevel: LogLevel;
  /** `host:port` on which the SDK's Prometheus metrics are served. */
  readonly metricsAddress?: string;
}

/** JSON lines on standard error: standard output belongs to what was asked for. */
export const createLogger = (level: LogLevel): Logger =>
  pino({ level, base: { pid: process.pid } }, destination({ dest: 2, sync: true }));

let installed: Logger | null = null;

/** Installs the runtime; must come before the first connection. Later calls return the logger of the first. */
export function installRuntime(options: RuntimeOptions): Logger {
  if (installed !== null) return installed;
  const logger = createLogger(options.logLevel);
  Runtime.install({
    logger: temporalLogger(logger),
    telemetryOptions: {
      logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } },
      ...(options.metricsAddress !== undefined && {
        metrics: { prometheus: { bindAddress: options.metricsAddress } },
      }),
    },
  });
  installed = logger;
  return logger;
}

function temporalLogger(logger: Logger): TemporalLogger {
  const at = (level: LogLevel) => (message: string, meta?: LogMetadata) =>
    logger[isNoise(message, meta) ? 'debug' : level](plain(meta), message);
  const byName = { TRACE: at('trace'), DEBUG: at('debug'), INFO: at('info'), WARN: at('warn'), ERROR: at('error') };
  return {
    log: (level, message, meta) => byName[level](message, meta),
    trace: byName.TRACE,
    debug: byName.DEBUG,
    info: byName.INFO,
    warn: byName.WARN,
    error: byName.ERROR,
  };
}

/** Said of every worker that serves a part, as ours do on purpose; and each of ten retries a second while a server is away. */
const isNoise = (message: string, meta: LogMetadata | undefined): boolean =>
  /^No .* registered, not polling for/.test(message) || meta?.target === 'temporalio_client::retry';

/** Metadata may carry bigints, which JSON cannot. */
const plain = (meta: LogMetadata = {}): object =>
  Object.fromEntries(Object.entries(meta).map(([key, value]) => [key, typeof value === 'bigint' ? `${value}` : value]));
