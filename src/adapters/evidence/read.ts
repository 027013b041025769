/** Evidence files back into the intervals that a release was judged by. */
import { readFile } from 'node:fs/promises';
import { GrayError } from '../../domain/errors.ts';
import type { Interval } from '../../domain/verdict.ts';
import { evidenceFile } from './files.ts';
import type { EvidenceEntry } from './port.ts';

export interface Judged {
  readonly stage: number;
  readonly shareBp: number;
  readonly interval: Interval;
}

/** From the folders of all workers. Throws `invalidInput` where none of them has the release, or a line is damaged. */
export async function readEvidence(folders: readonly string[], release: string): Promise<readonly Judged[]> {
  const files = await Promise.all(folders.map((folder) => textOf(evidenceFile(folder, release))));
  const found = files.filter((text) => text !== null);
  if (found.length === 0)
    throw new GrayError(
      'invalidInput',
      `no evidence of ${release} in ${folders.join(', ')}: the workers that observed it have it`,
    );
  return judgedIn(found.flatMap(entriesIn));
}

async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** A worker that died may have left half a last line. */
const entriesIn = (text: string): EvidenceEntry[] =>
  text.split('\n').flatMap((line): EvidenceEntry[] => (line.endsWith('}') ? entryIn(line) : []));

function entryIn(line: string): EvidenceEntry[] {
  try {
    const entry: unknown = JSON.parse(line);
    return isEntry(entry) ? [entry] : [];
  } catch {
    return [];
  }
}

const isEntry = (entry: unknown): entry is EvidenceEntry =>
  typeof entry === 'object' && entry !== null && 'kind' in entry && ('interval' in entry || 'upToMs' in entry);

/** In the order of time; an attempt that goes on from less than was seen before it takes the rest back. */
export function judgedIn(entries: readonly EvidenceEntry[]): readonly Judged[] {
  let judged: Judged[] = [];
  for (const entry of [...entries].sort((one, other) => timeOf(one) - timeOf(other))) {
    if (entry.kind === 'begin') judged = judged.filter(({ interval }) => interval.toMs <= entry.upToMs);
    else judged.push({ stage: entry.stage, shareBp: entry.shareBp, interval: entry.interval });
  }
  return judged;
}

const timeOf = (entry: EvidenceEntry): number => (entry.kind === 'begin' ? entry.atMs : entry.interval.toMs);

/** The columns of `gray judge --table`; a metric that could not be measured in an interval has no row there. */
export function evidenceCsv(judged: readonly Judged[]): string {
  const rows = judged.flatMap(({ stage, shareBp, interval }) =>
    Object.entries(interval.metrics).flatMap(([metric, reading]) => {
      if ('unusable' in reading) return [];
      const { gray, stable } = reading.counts;
      const counts = [gray.total, gray.bad, stable.total, stable.bad];
      return [[interval.toMs / 1_000, metric, ...counts, shareBp, interval.fromMs / 1_000, stage + 1].join(',')];
    }),
  );
  return `${[header, ...rows].join('\n')}\n`;
}

const header = 'interval_end_s,metric,gray_total,gray_bad,stable_total,stable_bad,share_bp,interval_start_s,stage';
