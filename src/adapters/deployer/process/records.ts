/** The small JSON files in a server's folder. Only the switch writes them; everybody reads them. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Artifact } from '../../../domain/artifact.ts';
import { GrayError } from '../../../domain/errors.ts';
import type { RecordedBase } from '../port.ts';
import type { ServerHome } from './home.ts';
import { bootId, isAlive, type ProcessId, processesMarked, serverMark } from './processes.ts';

const artifactSchema = z.object({ version: z.string(), digest: z.string(), source: z.string().exactOptional() });
const baseSchema = z.object({ release: z.string(), artifact: artifactSchema.nullable() });
const processSchema = z.object({ pid: z.int().positive(), startTime: z.string(), boot: z.string() });

/** As recorded: `artifact` is null where the release found an empty server. */
export type BaseRecord = z.infer<typeof baseSchema>;

export const readCurrent = (home: ServerHome): Promise<Artifact | null> => readRecord(home.current, artifactSchema);

export const readBase = (home: ServerHome): Promise<BaseRecord | null> => readRecord(home.base, baseSchema);

export const recordedBase = (record: BaseRecord | null): RecordedBase | null =>
  record?.artifact ? { artifact: record.artifact, release: record.release } : null;

/** Every live process of the server: the marked ones, and the recorded one even if it hides its mark. */
export async function serverProcesses(home: ServerHome): Promise<readonly ProcessId[]> {
  const [marked, recorded] = await Promise.all([processesMarked(serverMark, home.dir), recordedProcess(home)]);
  const known = marked.some(({ pid }) => pid === recorded?.pid);
  return recorded === null || known ? marked : [recorded, ...marked];
}

/** Cheap while the recorded process lives: no look at all the others. */
export const hasProcess = async (home: ServerHome): Promise<boolean> =>
  (await recordedProcess(home)) !== null || (await processesMarked(serverMark, home.dir)).length > 0;

async function recordedProcess(home: ServerHome): Promise<ProcessId | null> {
  const record = await readRecord(home.process, processSchema);
  if (record === null || record.boot !== (await bootId())) return null;
  const { pid, startTime } = record;
  return (await isAlive({ pid, startTime })) ? { pid, startTime } : null;
}

async function readRecord<T>(file: string, schema: z.ZodType<T>): Promise<T | null> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new GrayError('deployFailed', `${file} is not what the process deployer wrote`, { cause });
  }
}
