/** The building blocks of the schema: each says in words what it expects, and what it found instead. */
import { z } from 'zod';
import { show } from './finding.ts';
import { listed } from './near.ts';

export interface Found {
  readonly input?: unknown;
}

/** A zod error function: `expected …, found …`. */
export const expects =
  (what: string) =>
  ({ input }: Found): string =>
    input === undefined ? `missing; expected ${what}` : `expected ${what}, found ${show(input)}`;

export const text = (what: string, pattern: RegExp) =>
  z.string({ error: notText(what, pattern) }).regex(pattern, { error: expects(what), abort: true });

/** YAML reads `version: 1.10` as the number 1.1. */
const notText =
  (what: string, pattern: RegExp) =>
  ({ input }: Found): string =>
    (typeof input === 'number' || typeof input === 'boolean') && pattern.test(String(input))
      ? `expected ${what}; YAML reads ${input} as ${typeof input === 'number' ? 'a number' : 'true or false'}: put it in quotes`
      : expects(what)({ input });

export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: expects(values.length === 1 ? values[0] : `one of ${listed(values)}`) });

export const flag = () => z.boolean({ error: expects('true or false') });

export function whole(min: number, max: number) {
  const error = expects(`a whole number from ${min} to ${max}`);
  return z.int({ error, abort: true }).min(min, { error }).max(max, { error });
}

export function decimal(min: number, max: number) {
  const error = expects(`a number from ${min} to ${max}`);
  return z.number({ error }).min(min, { error }).max(max, { error });
}

export function list<T extends z.ZodType>(item: T, what: string, { min = 0, max = 1000 } = {}) {
  const error = expects(`a list of ${min === 0 ? 'at most' : `${min} to`} ${max} ${what}`);
  return z.array(item, { error }).min(min, { error }).max(max, { error });
}

/** A group of known keys; any other key is refused. */
export const section = <T extends z.core.$ZodLooseShape>(shape: T) =>
  z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? undefined : expects('a group of keys')(issue)),
  });

/** A group whose keys the user names. */
export const named = <V extends z.ZodType>(name: string, pattern: RegExp, value: V) =>
  z.record(
    text(name, pattern).refine((key) => !(key in {}), { error: expects(`${name}, not a word of the language`) }),
    value,
    { error: expects('a group of keys') },
  );

/** Names of the project's own kind: of a target, server, metric. */
export const nameText = (of: string) =>
  text(`${of} of letters, digits, ".", "_" and "-", at most 63`, /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/).refine(
    (name) => !(name in {}),
    { error: expects(`${of} that is not a word of the language`) },
  );

export const metricName = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;

/** Anything a cookie can carry, so that every router can read it. */
export const userId = () =>
  text(
    'a user id of 1 to 128 printable ASCII characters without space, quote, comma, semicolon or backslash',
    /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{1,128}$/,
  );

export const filePath = (of: string) => text(`${of}: a path without line breaks`, /^[^\0\r\n]{1,1024}$/);

export const urlPath = () => text('a path that begins with "/", such as /health', /^\/(?!\/)[\x21-\x7e]{0,2000}$/);

/** Printable, no space at the ends: as a header carries it. */
export const headerValue = /^[\x21-\x7e]([\x20-\x7e]{0,198}[\x21-\x7e])?$/;

export const segmentNames = /^[A-Za-z0-9_-]{1,60}$/;

export const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;

export const envNames = () => list(envName(), 'names of environment variables', { max: 100 }).default([]);

export const envName = () =>
  text('the name of an environment variable (its name only, never its value)', /^[A-Za-z_][A-Za-z0-9_]{0,99}$/);

/** A program and its arguments, started without a shell. */
export const argv = () =>
  list(
    text('an argument of at most 8192 characters', /^[^\0]{0,8192}$/),
    'arguments, the program first, such as [./check.sh, --fast]; no shell reads them',
    { min: 1, max: 100 },
  ).refine(([program]) => program?.trim() !== '', { error: 'expected a program as the first word, found nothing' });
