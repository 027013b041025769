/** Evidence as JSON lines, one file a release, in a folder of the worker's. */
import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { EvidenceLog } from './port.ts';

/** One short write at the end of the file: several workers of a machine may share the folder. */
export const fileEvidence = (folder: string): EvidenceLog => ({
  append: async (release, entry) => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await appendFile(evidenceFile(folder, release), `${JSON.stringify(entry)}\n`, { mode: 0o600 });
  },
});

/** Release names come out of a file of the user's. */
export const evidenceFile = (folder: string, release: string): string =>
  join(folder, `${release.replace(/[^A-Za-z0-9._-]/g, '-')}.jsonl`);

export const noEvidence: EvidenceLog = { append: async () => undefined };
