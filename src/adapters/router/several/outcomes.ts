/** What became of one call to every part: all run to their end, or out of patience, before a failure is told. */
import { GrayError } from '../../../domain/errors.ts';

export interface Answer<T> {
  readonly name: string;
  readonly value: T;
}

export interface Failed {
  readonly name: string;
  readonly error: unknown;
}

export type Outcome<T> = Answer<T> | Failed;

export const isFailed = <T>(one: Outcome<T>): one is Failed => 'error' in one;

export const isTransient = ({ error }: Failed): boolean => error instanceof GrayError && error.transient;

/** Never rejects. `withinMs`: null waits for ever. */
export async function outcomeOf<T>(name: string, call: Promise<T>, withinMs: number | null): Promise<Outcome<T>> {
  const settled = call.then(
    (value): Outcome<T> => ({ name, value }),
    (error: unknown): Outcome<T> => ({ name, error }),
  );
  if (withinMs === null) return settled;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Outcome<T>>((resolve) => {
    const error = new GrayError('routerUnreachable', `no answer within ${withinMs} ms`);
    timer = setTimeout(() => resolve({ name, error }), withinMs);
  });
  return Promise.race([settled, late]).finally(() => clearTimeout(timer));
}

/** The values of all parts; throws when one failed. */
export function answersOf<T>(outcomes: readonly Outcome<T>[]): Answer<T>[] {
  if (outcomes.some(isFailed)) throw failureOf(outcomes);
  return outcomes.flatMap((one) => (isFailed(one) ? [] : [one]));
}

/** One error for all failures, naming each. A stale fence goes first, since it is final; then what no repeat mends. */
export function failureOf(outcomes: readonly Outcome<unknown>[]): Error {
  const failed = outcomes.filter(isFailed);
  const [main] = [...failed].sort((one, other) => rank(one.error) - rank(other.error));
  const error = main?.error;
  if (!(error instanceof GrayError)) return error instanceof Error ? error : new Error(String(error));
  if (outcomes.length === 1) return error;
  const seen = failed.flatMap((one) => seenIn(one.error));
  const details = {
    ...error.details,
    ...(seen.length === 0 ? {} : { seen: Math.max(...seen) }),
    failed: failed.map(({ name }) => name),
  };
  return new GrayError(error.code, messageOf(outcomes, failed), { details, cause: error });
}

function rank(error: unknown): number {
  if (!(error instanceof GrayError)) return 1;
  if (error.code === 'staleFence') return 0;
  return error.transient ? 3 : 2;
}

const seenIn = (error: unknown): number[] =>
  error instanceof GrayError && typeof error.details.seen === 'number' ? [error.details.seen] : [];

function messageOf(outcomes: readonly Outcome<unknown>[], failed: readonly Failed[]): string {
  const told = failed.map(({ name, error }) => sentence(name, error instanceof Error ? error.message : String(error)));
  const done = outcomes.filter((one) => !isFailed(one)).map(({ name }) => name);
  return [...told, ...(done.length === 0 ? [] : [`done: ${done.join(', ')}`])].join('; ');
}

/** An adapter that names its place itself is not named twice. */
export const sentence = (name: string, text: string): string => (text.includes(name) ? text : `${name}: ${text}`);
