/** What the script on the server tells of it, checked. */
import { z } from 'zod';
import type { Artifact } from '../../../domain/artifact.ts';
import type { BaseRecord } from '../process/records.ts';
import { answer, type Said } from './session.ts';

const artifactSchema = z.object({ version: z.string(), digest: z.string(), source: z.string().exactOptional() });
const baseSchema = z.object({ release: z.string(), artifact: artifactSchema.nullable() });
const ticks = z
  .string()
  .regex(/^\d{1,18}$/)
  .transform(Number);
const currentSchema = z.object({ artifact: artifactSchema, boot: z.string(), since: ticks });

/** The build that `current` points to; a process that started in `boot` before `since` still runs from another. */
export interface CurrentRecord {
  readonly artifact: Artifact;
  readonly boot: string;
  /** Clock ticks since the machine started. */
  readonly since: number;
}

/** The service's process. */
export interface ServiceProcess {
  /** 0: there is none. */
  readonly pid: number;
  readonly start: number;
  readonly boot: string;
  /** systemd's word for the unit; `none` where a command told the id. */
  readonly active: string;
}

export interface ServerFacts {
  readonly claim: string;
  readonly fence: number;
  readonly base: BaseRecord | null;
  readonly current: CurrentRecord | null;
  /** Null where nothing tells of it. */
  readonly process: ServiceProcess | null;
  /** The build that was asked for is there, whole. */
  readonly kept: boolean;
  /** Null where the folder does not exist yet. */
  readonly freeKb: number | null;
}

export function factsIn(said: Said): ServerFacts {
  const claim = answer(said, 'claim') ?? '';
  const room = answer(said, 'room') ?? '';
  return {
    claim,
    fence: fenceOf(claim),
    base: recordIn(said, 'base', baseSchema),
    current: recordIn(said, 'current', currentSchema),
    process: processIn(said),
    kept: answer(said, 'kept') !== undefined,
    freeKb: room === '' ? null : Number(room),
  };
}

export const fenceOf = (claim: string): number => Number(claim.split('.')[0] ?? '0');

export function processIn(said: Said): ServiceProcess | null {
  const told = answer(said, 'process')?.split(' ');
  if (told === undefined) return null;
  const [pid, start, boot = '', active = ''] = told;
  return { pid: Number(pid), start: Number(start), boot, active };
}

/** Whether the process certainly runs from the folder that `current` points to. Null: nothing tells of it. */
export function isFresh(process: ServiceProcess | null, current: CurrentRecord | null): boolean | null {
  if (process === null || current === null) return null;
  return process.pid > 0 && (process.boot !== current.boot || process.start >= current.since);
}

function recordIn<T>(said: Said, word: string, schema: z.ZodType<T>): T | null {
  const text = answer(said, word);
  if (text === undefined) return null;
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${word}.json is not what the ssh deployer wrote`, { cause });
  }
}
