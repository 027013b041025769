/** A real Temporal dev server with a client, and the workflow bundle: for tests and benches. */
import { Client, Connection } from '@temporalio/client';
import { SearchAttributeType } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { searchAttributeTypes } from '../../src/domain/names.ts';
import type { DevServer } from '../../src/provision/dev-server.ts';
import { startDevServer } from '../../src/provision/dev-server.ts';
import { provisionTemporal } from '../../src/provision/provision.ts';
import { testBundle } from './bundle.ts';

export interface TestTemporal {
  readonly server: DevServer;
  readonly client: Client;
  readonly native: NativeConnection;
  readonly bundle: { readonly code: string };
  readonly namespace: string;
}

/** Set GRAY_TEST_LOG=INFO to see what the workers say. */
const quiet = new DefaultLogger(process.env.GRAY_TEST_LOG === 'INFO' ? 'INFO' : 'ERROR');
let installed = false;

/** The caller ends it with `stopTemporal`. */
export async function startTemporal(
  dynamicConfig: Readonly<Record<string, string | number | boolean>> = {},
): Promise<TestTemporal> {
  if (!installed)
    Runtime.install({ logger: quiet, telemetryOptions: { logging: { forward: {}, filter: { core: 'ERROR' } } } });
  installed = true;
  const { path } = await provisionTemporal({ log: () => undefined, env: process.env });
  const namespace = 'default';
  const server = await startDevServer({ path, namespace, searchAttributes, dynamicConfig, log: () => undefined });
  const connection = await Connection.connect({ address: server.address });
  const native = await NativeConnection.connect({ address: server.address });
  return { server, namespace, native, client: new Client({ connection, namespace }), bundle: await testBundle() };
}

export async function stopTemporal({ native, client, server }: TestTemporal): Promise<void> {
  await native.close();
  await client.connection.close();
  await server.stop();
}

const searchAttributes = Object.entries(searchAttributeTypes).map(([name, type]) => ({
  name,
  type: SearchAttributeType[type],
}));
