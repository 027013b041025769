/** What puts the demo's servers where they are: a section of the release file, and what it needs to be there. */
import { startServer } from '../build-artifact.ts';
import { baseMedianMs } from '../release-file.ts';

export interface DeployerStage {
  /** Section `deployer` of the release file. */
  readonly section: Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

/** `dir`: has a folder for each server, whose processes carry its mark (demo/processes/servers.ts). */
export type OpenDeployer = (dir: string) => Promise<DeployerStage>;

export const serviceArgs: readonly string[] = ['--work-ms', String(baseMedianMs)];

export const processStage: OpenDeployer = async (dir) => ({
  section: { kind: 'process', dir, start: [...startServer, ...serviceArgs], stop: '3s', ready: '10s' },
  close: async () => undefined,
});
