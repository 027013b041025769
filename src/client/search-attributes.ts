/** The search attributes of releases in a namespace: what is there, and making it complete. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionLike } from '@temporalio/client';
import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes.js';
import { GrayError } from '../domain/errors.ts';
import { searchAttributeTypes } from '../domain/names.ts';
import { callMs, serverSays, unreachable } from './calls.ts';

type Name = keyof typeof searchAttributeTypes;

export interface RegisteredAttributes {
  readonly added: readonly Name[];
  readonly present: readonly Name[];
}

/**
 * Registers what is missing and returns when the namespace knows all of them. Repeats change nothing. Throws
 * `searchAttributesMissing` where the server refuses (another type under the same name, no permission, no room).
 */
export async function registerSearchAttributes(
  connection: ConnectionLike,
  namespace: string,
): Promise<RegisteredAttributes> {
  const added = await missingSearchAttributes(connection, namespace);
  if (added.length > 0) await add(connection, namespace, added);
  return { added, present: names.filter((name) => !added.includes(name)) };
}

/** Names the namespace does not know, or knows with another type. */
export async function missingSearchAttributes(connection: ConnectionLike, namespace: string): Promise<Name[]> {
  const known = await registered(connection, namespace);
  return names.filter((name) => known[name] !== typeNumber(name));
}

/** Some servers keep this service to themselves; then their own tool registers and lists them. */
async function registered(connection: ConnectionLike, namespace: string): Promise<Readonly<Record<string, number>>> {
  try {
    const answer = await connection.withDeadline(Date.now() + callMs, () =>
      connection.operatorService.listSearchAttributes({ namespace }),
    );
    return answer.customAttributes ?? {};
  } catch (cause) {
    const text = `search attributes of ${namespace} cannot be read: ${serverSays(cause)}`;
    throw unreachable(cause, 'the configured address') ?? new GrayError('searchAttributesMissing', text, { cause });
  }
}

const names: readonly Name[] = [
  'GrayTarget',
  'GrayVersion',
  'GrayPhase',
  'GrayPeriod',
  'GrayOutcome',
  'GrayRequest',
  'GrayShare',
];

const typeNumber = (name: Name) => encodeSearchAttributeIndexedValueType(searchAttributeTypes[name]) ?? 0;

async function add(connection: ConnectionLike, namespace: string, missing: readonly Name[]): Promise<void> {
  const searchAttributes = Object.fromEntries(missing.map((name) => [name, typeNumber(name)]));
  try {
    await connection.withDeadline(Date.now() + 2 * callMs, () =>
      connection.operatorService.addSearchAttributes({ namespace, searchAttributes }),
    );
  } catch (cause) {
    // Two may register at the same time; what counts is what is there afterwards.
    if ((await missingSearchAttributes(connection, namespace)).length > 0) throw refused(missing, cause);
  }
  await known(connection, namespace);
}

/** A cluster takes a moment to spread them. */
async function known(connection: ConnectionLike, namespace: string): Promise<void> {
  for (let tries = 0; tries < 50; tries += 1) {
    if ((await missingSearchAttributes(connection, namespace)).length === 0) return;
    await sleep(200);
  }
  throw refused(await missingSearchAttributes(connection, namespace), undefined);
}

const refused = (missing: readonly Name[], cause: unknown): GrayError => {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return new GrayError('searchAttributesMissing', `cannot register ${missing.join(', ')}${why}`, { cause });
};
