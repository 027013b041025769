/** One real Temporal dev server per test file, and the workflow bundle, made once. */
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { SearchAttributeType } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { afterAll, beforeAll } from 'vitest';
import { searchAttributeTypes } from '../../src/domain/names.ts';
import type { DevServer } from '../../src/provision/dev-server.ts';
import { startDevServer } from '../../src/provision/dev-server.ts';
import { provisionTemporal } from '../../src/provision/provision.ts';

export interface TestTemporal {
  readonly server: DevServer;
  readonly client: Client;
  readonly native: NativeConnection;
  readonly bundle: { readonly code: string };
  readonly namespace: string;
}

/** Set GRAY_TEST_LOG=INFO to see what the workers say. */
const quiet = new DefaultLogger(process.env['GRAY_TEST_LOG'] === 'INFO' ? 'INFO' : 'ERROR');
let installed = false;

/** Started before the first test of the file, stopped after the last. */
export function useTemporal(
  dynamicConfig: Readonly<Record<string, string | number | boolean>> = {},
): () => TestTemporal {
  let temporal: TestTemporal | undefined;
  beforeAll(async () => {
    temporal = await startTemporal(dynamicConfig);
  }, 180_000);
  afterAll(async () => {
    await temporal?.native.close();
    await temporal?.client.connection.close();
    await temporal?.server.stop();
  });
  return () => {
    if (temporal === undefined) throw new Error('Temporal is not running yet');
    return temporal;
  };
}

async function startTemporal(
  dynamicConfig: Readonly<Record<string, string | number | boolean>>,
): Promise<TestTemporal> {
  if (!installed) Runtime.install({ logger: quiet });
  installed = true;
  const { path } = await provisionTemporal({ log: () => undefined, env: process.env });
  const namespace = 'default';
  const server = await startDevServer({ path, namespace, searchAttributes, dynamicConfig, log: () => undefined });
  const connection = await Connection.connect({ address: server.address });
  const native = await NativeConnection.connect({ address: server.address });
  return { server, namespace, native, client: new Client({ connection, namespace }), bundle: await testBundle() };
}

const searchAttributes = Object.entries(searchAttributeTypes).map(([name, type]) => ({
  name,
  type: SearchAttributeType[type],
}));

export const testBundle = (): Promise<{ readonly code: string }> =>
  bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
    logger: quiet,
  });
