/** The real Temporal server for one machine: `temporal server start-dev` on the loopback address. */
import { Connection } from '@temporalio/client';
import type { SearchAttributeType } from '@temporalio/common';
import { GrayError } from '../domain/errors.ts';
import { freePort } from './free-port.ts';
import { type Tethered, tether } from './tether.ts';

export interface DevServerOptions {
  /** The Temporal CLI; see `provisionTemporal`. */
  readonly path: string;
  /** SQLite file; without one everything is forgotten at the end. A stopped server may be started again on its file. */
  readonly dbFile?: string;
  /** gRPC; a free port by default. */
  readonly port?: number;
  /** Web UI; a free port by default. */
  readonly uiPort?: number;
  readonly namespace: string;
  /** Registered at the start; those already there are left as they are. */
  readonly searchAttributes: readonly { readonly name: string; readonly type: SearchAttributeType }[];
  /** Settings of the server, such as `{ 'limit.historyCount.suggestContinueAsNew': 100 }`. */
  readonly dynamicConfig?: Readonly<Record<string, string | number | boolean>>;
  /** Gets one line per thing worth knowing, the server's own warnings included. */
  readonly log: (line: string) => void;
}

export interface DevServer {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  readonly uiUrl: string;
  readonly pid: number;
  /** Resolves when the server has ended, for whatever reason. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Asks it to end, insists after some seconds; resolves when it is gone. Repeats are free. */
  stop(): Promise<void>;
}

/** Resolves when the server answers. It ends with this process, whatever becomes of it. Throws `temporalUnreachable`. */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  for (let tries = 1; ; tries += 1) {
    try {
      // A taken port is refused here: the answer below would come from whoever has it.
      return await start(options, await freePort(options.port), await freePort(options.uiPort));
    } catch (error) {
      if (tries < mostTries && lostItsPort(options, error)) continue;
      throw new GrayError('temporalUnreachable', `the Temporal server did not start: ${message(error)}`, {
        cause: error,
      });
    }
  }
}

const mostTries = 3;

/** Between finding a free port and taking it somebody else may come first; the server also takes ports beside ours. */
const lostItsPort = ({ port, uiPort }: DevServerOptions, error: unknown): boolean =>
  (port === undefined || uiPort === undefined) && message(error).includes('address already in use');

async function start(options: DevServerOptions, port: number, uiPort: number): Promise<DevServer> {
  const said: string[] = [];
  const server = await tether(options.path, serverArgs(options, port, uiPort), {
    output: (text) => {
      for (const line of text.split('\n').filter(isNews)) {
        said.push(line);
        if (said.length > rememberedLines) said.shift();
        options.log(line);
      }
    },
  });
  const stop = () => end(server);
  const address = `127.0.0.1:${port}`;
  try {
    await Promise.race([untilItAnswers(address, options.namespace), itsEnd(server, said)]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { address, uiUrl: `http://127.0.0.1:${uiPort}`, pid: server.pid, ended: server.ended, stop };
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Everything but the banner, which names ports that we chose. */
const isNews = (line: string): boolean =>
  line.trim() !== '' && !/^Temporal (CLI|Server|Persistence|UI|Metrics)\b/.test(line);

const rememberedLines = 20;
const answersWithinMs = 60_000;
const stopsWithinMs = 10_000;

const serverArgs = (options: DevServerOptions, port: number, uiPort: number): readonly string[] => [
  'server',
  'start-dev',
  ...['--ip', '127.0.0.1', '--port', String(port), '--ui-ip', '127.0.0.1', '--ui-port', String(uiPort)],
  ...['--namespace', options.namespace, '--log-level', 'error', '--log-format', 'json'],
  ...(options.dbFile === undefined ? [] : ['--db-filename', options.dbFile]),
  ...options.searchAttributes.flatMap(({ name, type }) => ['--search-attribute', `${name}=${cliTypes[type]}`]),
  ...Object.entries(options.dynamicConfig ?? {}).flatMap(([key, value]) => [
    '--dynamic-config-value',
    `${key}=${JSON.stringify(value)}`,
  ]),
];

const cliTypes = {
  TEXT: 'Text',
  KEYWORD: 'Keyword',
  INT: 'Int',
  DOUBLE: 'Double',
  BOOL: 'Bool',
  DATETIME: 'Datetime',
  KEYWORD_LIST: 'KeywordList',
} as const satisfies Record<SearchAttributeType, string>;

/** Answers means: the namespace is there, which is later than the port being open. */
async function untilItAnswers(address: string, namespace: string): Promise<void> {
  const deadline = Date.now() + answersWithinMs;
  const connection = Connection.lazy({ address, connectTimeout: 1_000 });
  try {
    for (;;) {
      try {
        await connection.withDeadline(Date.now() + 2_000, () =>
          connection.workflowService.describeNamespace({ namespace }),
        );
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  } finally {
    await connection.close();
  }
}

async function itsEnd(server: Tethered, said: readonly string[]): Promise<never> {
  const how = await server.ended;
  throw new Error(`it ended with ${how}: ${said.at(-1) ?? 'without a word'}`);
}

async function end(server: Tethered): Promise<void> {
  signal(server.pid, 'SIGTERM');
  const insist = setTimeout(() => signal(server.pid, 'SIGKILL'), stopsWithinMs);
  await server.ended;
  clearTimeout(insist);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it has ended already
  }
}
