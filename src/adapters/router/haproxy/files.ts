/** The two files of an instance, which may not be there before the first release. */
import { readFile } from 'node:fs/promises';
import { GrayError } from '../../../domain/errors.ts';

export const readIfThere = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return '';
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new GrayError('routerUnreachable', `${path} cannot be read: ${why}`, { cause });
  });
