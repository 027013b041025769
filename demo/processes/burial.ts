/** How everything ends: first those that start others, so that no server starts after the servers were counted. */
import { endGroups } from './groups.ts';
import { endServers } from './servers.ts';

const graceMs = 3_000;

export interface Started {
  /** Process groups, in the order in which they were started. */
  readonly groups: Set<number>;
  /** Folders of the process deployer. */
  readonly folders: Set<string>;
}

export async function endAll({ groups, folders }: Started): Promise<void> {
  await endGroups([...groups].reverse(), graceMs);
  for (const folder of folders) await endServers(folder);
}

/** What the undertaker is told, one JSON object a line. */
export type Word = { readonly add: number } | { readonly gone: number } | { readonly servers: string };

export function note({ groups, folders }: Started, word: Word): void {
  if ('add' in word) groups.add(word.add);
  else if ('gone' in word) groups.delete(word.gone);
  else folders.add(word.servers);
}
