/** The folder of one server: what is kept there, and who may write what. */
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { GrayError } from '../../../domain/errors.ts';

export interface ServerHome {
  readonly server: string;
  /** Real path; also the mark by which the server's processes are known. */
  readonly dir: string;
  /** `<digest>/files` with the unpacked build and `<digest>/kept.json`; renamed into place whole, by the switch. */
  readonly releases: string;
  /** Builds being unpacked, one folder per attempt. */
  readonly staging: string;
  /** One file per claim; the highest name owns the server. */
  readonly claims: string;
  /** The build that shall run; written by the switch. */
  readonly current: string;
  /** The build to return to, and the release that recorded it; written by the switch. */
  readonly base: string;
  /** Process id and start time of the running server; written by the switch. */
  readonly process: string;
  readonly log: string;
}

/** Makes the folder where it is missing. Throws `deployFailed` where that is not possible. */
export async function openHome(root: string, server: string): Promise<ServerHome> {
  const wanted = join(root, folderName(server));
  try {
    return await makeHome(wanted, server);
  } catch (cause) {
    throw new GrayError('deployFailed', `${server}: its folder ${wanted} cannot be used`, { cause });
  }
}

async function makeHome(wanted: string, server: string): Promise<ServerHome> {
  await mkdir(wanted, { recursive: true });
  const home = homeAt(await realpath(wanted), server);
  await Promise.all([home.releases, home.staging, home.claims].map((folder) => mkdir(folder, { recursive: true })));
  return home;
}

const homeAt = (dir: string, server: string): ServerHome => ({
  server,
  dir,
  releases: join(dir, 'releases'),
  staging: join(dir, 'staging'),
  claims: join(dir, 'claims'),
  current: join(dir, 'current.json'),
  base: join(dir, 'base.json'),
  process: join(dir, 'process.json'),
  log: join(dir, 'server.log'),
});

// No id can leave the folder: slashes and a leading dot are escaped.
const folderName = (server: string): string => encodeURIComponent(server).replace(/^\./, '%2E');
