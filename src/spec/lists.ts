/** User lists of the audience: inline, or in a file of their own. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ReleaseFile } from './file.ts';
import type { Finding, Step } from './finding.ts';
import { finding } from './finding.ts';
import type { Lists } from './resolve.ts';
import { list, userId } from './scalars.ts';

type ListFile = ReleaseFile['audience']['alwaysGray'];

/** Lists travel in every route and in the history of the workflow. */
const maxChars = 256 * 1024;

export function readLists(audience: ReleaseFile['audience'], folder: string): Lists & { findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const read = (name: 'alwaysGray' | 'alwaysStable'): readonly string[] =>
    readList(audience[name], folder, ['audience', name], findings);
  const lists = { alwaysGray: read('alwaysGray'), alwaysStable: read('alwaysStable') };
  const chars = [...lists.alwaysGray, ...lists.alwaysStable].join(' ').length;
  if (chars > maxChars)
    findings.push(finding(['audience'], `expected lists of at most ${maxChars} characters, found ${chars}`));
  return { ...lists, findings };
}

function readList(given: ListFile, folder: string, path: readonly Step[], findings: Finding[]): readonly string[] {
  if (!('file' in given)) return given;
  const users = linesOf(resolve(folder, given.file), [...path, 'file'], findings);
  const checked = list(userId(), 'user ids', { max: 10_000 }).safeParse(users);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const at = typeof issue?.path[0] === 'number' ? ` (user ${issue.path[0] + 1} of the list)` : '';
  findings.push(finding([...path, 'file'], `${issue?.message}${at}`));
  return [];
}

function linesOf(file: string, path: readonly Step[], findings: Finding[]): string[] {
  try {
    const lines = readFileSync(file, 'utf8')
      .split(/\r?\n/)
      .map((line) => line.trim());
    return lines.filter((line) => line !== '' && !line.startsWith('#'));
  } catch (error) {
    findings.push(
      finding(
        path,
        `cannot read ${file}: ${error instanceof Error && 'code' in error ? String(error.code) : String(error)}`,
      ),
    );
    return [];
  }
}
