/** The route on disk: what a router holds after any death. Written whole, fsynced, renamed; never edited in place. */
import { access, constants, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { parsedJson } from '../adapters/parsed-json.ts';
import { routeSchema } from '../adapters/router/route-schema.ts';
import { InvalidInput } from '../domain/errors.ts';
import type { DesiredRoute } from '../domain/route.ts';

const fileSchema = z.strictObject({ target: z.string(), route: routeSchema });

/** Null when there is no file yet. A directory that is missing or cannot be written, a file that is damaged, or another target's, is refused: a guess could undo an abort. */
export async function readStateFile(file: string, target: string): Promise<DesiredRoute | null> {
  await access(dirname(file), constants.W_OK).catch(() => {
    throw refused(file, 'its directory does not exist or cannot be written');
  });
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
  if (text === null) return null;
  const parsed = fileSchema.safeParse(parsedJson(text));
  if (!parsed.success) throw refused(file, 'is damaged; restore it or, with nobody on gray, remove it');
  if (parsed.data.target !== target) throw refused(file, `belongs to target ${parsed.data.target}, not ${target}`);
  return parsed.data.route;
}

/** Resolves when the route would survive a power cut. */
export async function writeStateFile(file: string, target: string, route: DesiredRoute): Promise<void> {
  await writeFileAtomic(file, `${JSON.stringify({ target, route })}\n`, { mode: 0o600, fsync: true });
  const directory = await open(dirname(file));
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

const refused = (file: string, message: string) => new InvalidInput('router state', [{ path: file, message }]);

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';
