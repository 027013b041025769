/** What no release file may hold, wherever it stands: secrets, and `${VARIABLES}` that nobody would replace. */
import type { Finding, Step } from './finding.ts';
import { finding } from './finding.ts';

export function forbidden(value: unknown, path: readonly Step[] = []): Finding[] {
  if (typeof value === 'string') return inText(value, path);
  if (Array.isArray(value)) return isShellCommand(value) ? secretsOnly(value, path) : children(value, path);
  if (typeof value === 'object' && value !== null) return inGroup(value, path);
  return [];
}

const children = (values: readonly unknown[], path: readonly Step[]): Finding[] =>
  values.flatMap((value, index) => forbidden(value, [...path, index]));

function inGroup(group: object, path: readonly Step[]): Finding[] {
  return Object.entries(group).flatMap(([key, value]) => {
    if (key === '__proto__') return [finding([...path, key], 'a key that is not allowed')];
    if (secretHeader.test(key) && path.at(-1) === 'header') return [finding([...path, key], secretInHeader)];
    return forbidden(value, [...path, key]);
  });
}

const secretHeader = /^(proxy-)?authorization$|api-?key|token|secret|password/i;
const secretInHeader =
  'a header that carries a secret cannot stand in a release file; use a command check that reads it from an environment variable named in env';

const substitution = /\$\{[A-Za-z_]\w*\}/;
const noSubstitution =
  'variables such as $NAME in braces are not replaced in a release file; write the value, name the variable (env, tokenEnv, urlEnv), or pass --version and --artifact';

function inText(value: string, path: readonly Step[]): Finding[] {
  const found = secretsIn(value, path);
  return substitution.test(value) && path.at(-1) !== 'body' ? [...found, finding(path, noSubstitution)] : found;
}

/** A shell asked for by name replaces its own variables. */
const isShellCommand = (words: readonly unknown[]): boolean =>
  typeof words[0] === 'string' && /(^|\/)(ba|da|z|k|fi)?sh$/.test(words[0]);

const secretsOnly = (words: readonly unknown[], path: readonly Step[]): Finding[] =>
  words.flatMap((word, index) => (typeof word === 'string' ? secretsIn(word, [...path, index]) : []));

const secrets: readonly (readonly [RegExp, string])[] = [
  [/:\/\/[^/\s@]*:[^/\s@]*@/, 'a URL with a user and a password; name an environment variable instead'],
  [
    /[?&][\w-]*(token|secret|password|signature|api[_-]?key)=[^&\s]/i,
    'a URL with a secret in its query; name an environment variable instead',
  ],
  [/-----BEGIN [A-Z ]*PRIVATE KEY/, 'a private key; name a file instead'],
];

const secretsIn = (value: string, path: readonly Step[]): Finding[] =>
  secrets.filter(([pattern]) => pattern.test(value)).map(([, message]) => finding(path, `found ${message}`));
