/** A Temporal server of the demo's own, and a client on it. */
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { connect, registerSearchAttributes } from '../../src/client.ts';
import { readConfig } from '../../src/config.ts';
import { startDevServer } from '../../src/provision/dev-server.ts';
import { provisionTemporal } from '../../src/provision/provision.ts';

export interface TemporalStage {
  readonly client: Client;
  /** Settings with which workers and commands reach this server and no other. */
  readonly env: Readonly<Record<string, string>>;
  readonly uiUrl: string;
  close(): Promise<void>;
}

export async function openTemporal(folder: string, say: (line: string) => void): Promise<TemporalStage> {
  const { path } = await provisionTemporal({ log: say, env: process.env });
  const dbFile = join(folder, 'temporal.db');
  const server = await startDevServer({ path, dbFile, namespace: 'default', searchAttributes: [], log: () => {} });
  try {
    const env = settings(folder, server.address, server.uiUrl);
    const client = await connect({ temporal: readConfig(env).temporal });
    await registerSearchAttributes(client.connection, 'default');
    say(`Temporal server at ${server.address}, Web UI at ${server.uiUrl}`);
    const close = async () => {
      await client.connection.close();
      await server.stop();
    };
    return { client, env, uiUrl: server.uiUrl, close };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** The file does not exist on purpose: the user's own profile names another server. */
const settings = (folder: string, address: string, uiUrl: string) => ({
  TEMPORAL_CONFIG_FILE: join(folder, 'no-profile.toml'),
  TEMPORAL_ADDRESS: address,
  TEMPORAL_NAMESPACE: 'default',
  GRAY_UI_URL: uiUrl,
  GRAY_EVIDENCE_DIR: join(folder, 'evidence'),
});
