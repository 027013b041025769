/** Checks and hooks, from their short form to the one the runner takes. */
import type { Check, CommandCheck, HttpCheck } from '../domain/spec.ts';
import type { ReleaseFile } from './file.ts';
import { program } from './kinds.ts';
import type { At } from './resolve.ts';
import type { CheckInput } from './verify.ts';

/** Who asks in gray verification when the file names nobody. */
export const defaultTestUser = 'gray-tester';

export const deploymentChecks = (file: ReleaseFile, at: At): readonly Check[] =>
  file.verify.deployment?.map((check) => resolveCheck(check, at)) ?? [versionCheck(file)];

export const grayChecks = (file: ReleaseFile, at: At): readonly Check[] =>
  file.verify.gray?.map((check) => resolveCheck(check, at)) ?? [versionCheck(file, defaultTestUser)];

function versionCheck(file: ReleaseFile, as?: string): HttpCheck {
  return {
    kind: 'http',
    name: httpName('GET', file.version.get, as),
    method: 'GET',
    path: file.version.get,
    ...(as === undefined ? {} : { as }),
    headers: {},
    repeat: 1,
    timeoutMs: 5000,
    expect: { status: 200, version: true, headers: {}, json: {} },
  };
}

function resolveCheck(check: CheckInput, at: At): Check {
  if ('command' in check) {
    const { command, name, env, timeout } = check;
    return {
      kind: 'command',
      name: name ?? commandName(command),
      command: program(command, at),
      env,
      timeoutMs: timeout,
    };
  }
  if ('get' in check) return httpCheck(check, 'GET', check.get);
  if ('head' in check) return httpCheck(check, 'HEAD', check.head);
  return httpCheck(check, 'POST', check.post, check.body);
}

type HttpInput = Exclude<CheckInput, { command: unknown }>;

function httpCheck(check: HttpInput, method: HttpCheck['method'], path: string, body?: string): HttpCheck {
  const { as, header, repeat, timeout, expect } = check;
  return {
    kind: 'http',
    name: check.name ?? httpName(method, path, as),
    method,
    path,
    ...(as === undefined ? {} : { as }),
    headers: header,
    ...(body === undefined ? {} : { body }),
    repeat,
    timeoutMs: timeout,
    expect: {
      status: expect.status,
      version: expect.version,
      headers: expect.header,
      json: expect.json,
      ...(expect.latency === undefined ? {} : { latencyMs: expect.latency }),
    },
  };
}

const httpName = (method: string, path: string, as?: string): string =>
  `${method} ${path}${as === undefined ? '' : ` as ${as}`}`;

const commandName = ([program = '', ...rest]: readonly string[]): string => [program, ...rest].join(' ').slice(0, 100);

type HookFile = NonNullable<ReleaseFile['hooks']['beforeDeployment']>;

export const hookCheck = (name: string, hook: HookFile, at: At): CommandCheck => ({
  kind: 'command',
  name,
  command: program(hook.command, at),
  env: hook.env,
  timeoutMs: hook.timeout,
});
