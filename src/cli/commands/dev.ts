/** `gray dev`: the whole engine on one machine: Temporal's development server with a file that stays, and a worker. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileEvidence } from '../../adapters/evidence/files.ts';
import { adapters } from '../../adapters.ts';
import type { TemporalConfig } from '../../config.ts';
import { exitStatus, GrayError } from '../../domain/errors.ts';
import { searchAttributeTypes } from '../../domain/names.ts';
import { installRuntime } from '../../logging.ts';
import { type DevServer, startDevServer } from '../../provision/dev-server.ts';
import { provisionTemporal } from '../../provision/provision.ts';
import { connectWorker, startWorker } from '../../worker.ts';
import { invalid } from '../io.ts';
import { printReady } from '../session.ts';
import { type Call, textOf, type Verb } from '../verb.ts';

export const dev: Verb = {
  usage: 'dev',
  does: 'runs Temporal and a worker on this machine, for trying and for one-machine set-ups',
  more: 'Releases are kept in <dir>/temporal.db and go on after a restart. Ctrl-C ends everything.',
  group: 'Operate:',
  lasting: true,
  example: 'gray dev',
  options: [
    ['--dir <folder>', 'where the database file lives (.gray)'],
    ['--port <port>', 'of Temporal (7233)'],
    ['--ui-port <port>', "of Temporal's Web UI (the port + 1000)"],
  ],
  run: async (call) => {
    const { config, io } = call;
    // A person looks at this terminal; the releases themselves are watched elsewhere.
    installRuntime({ logLevel: io.env.GRAY_LOG_LEVEL === undefined ? 'warn' : config.logLevel });
    const server = await startServer(call);
    try {
      const connection = { address: server.address };
      const temporal = { address: server.address, namespace, connection, uiUrl: server.uiUrl };
      await work(call, server, temporal);
      return exitStatus.ok;
    } finally {
      io.err('stopping');
      await server.stop();
    }
  },
};

const namespace = 'default';

async function startServer(call: Call): Promise<DevServer> {
  const { io, options } = call;
  const dir = textOf(options, 'dir') ?? '.gray';
  const port = portOf(options.port, 7233);
  const log = (line: string) => io.err(line);
  const { path } = await provisionTemporal({ env: io.env, log });
  await mkdir(dir, { recursive: true });
  return startDevServer({
    path,
    dbFile: join(dir, 'temporal.db'),
    port,
    uiPort: portOf(options.uiPort, port + 1000),
    namespace,
    searchAttributes: Object.entries(searchAttributeTypes).map(([name, type]) => ({ name, type })),
    log,
  });
}

function portOf(value: unknown, otherwise: number): number {
  const port = value === undefined ? otherwise : Number(value);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw invalid(`a port is a number up to 65535, not ${value}`);
  return port;
}

/** Until interrupted; a server that ends by itself is a fault. */
async function work(call: Call, server: DevServer, temporal: TemporalConfig): Promise<void> {
  const connection = await connectWorker(temporal);
  const worker = await startWorker({
    connection,
    namespace,
    adapters: { ...adapters, evidence: fileEvidence(call.config.evidenceDir) },
  });
  const { address, uiUrl, pid } = server;
  printReady(call, { address, uiUrl, serverPid: pid }, () => readyLines(address, uiUrl));
  const gone = server.ended.then((how) => {
    throw new GrayError('temporalUnreachable', `the Temporal server ended with ${how}`);
  });
  gone.catch(() => undefined);
  try {
    await Promise.race([worker.done, gone, interruption(call)]);
  } finally {
    await worker.shutdown();
    await connection.close();
  }
}

const interruption = ({ io: { interrupted } }: Call): Promise<void> =>
  new Promise((resolve) => {
    if (interrupted.aborted) resolve();
    interrupted.addEventListener('abort', () => resolve(), { once: true });
  });

const readyLines = (address: string, uiUrl: string): string[] => [
  `Temporal: ${address}`,
  `Web UI:   ${uiUrl}/namespaces/${namespace}/workflows`,
  'worker is ready; Ctrl-C ends everything, releases go on with the next `gray dev`',
  ...(address === '127.0.0.1:7233' ? [] : [`elsewhere: export TEMPORAL_ADDRESS=${address} GRAY_UI_URL=${uiUrl}`]),
];
