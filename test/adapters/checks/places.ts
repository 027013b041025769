/** Places and checks with every default filled in. */
import type { CheckPlace } from '../../../src/adapters/checks/port.ts';
import type { CommandCheck, HttpCheck, HttpExpectation } from '../../../src/domain/spec.ts';

export const digest = `sha256:${'a'.repeat(64)}`;

const context = {
  target: 'payments',
  version: { get: '/version', version: '$.version', digest: '$.digest' },
  expected: { version: '2.0.0', digest },
} as const;

export const atServer = (port: number): CheckPlace => ({
  ...context,
  at: 'server',
  server: { id: 'pay-1', address: { host: '127.0.0.1', port }, gray: true, spare: false, weight: 100 },
});

export const throughRouter = (port: number, identity = { header: 'x-user-id', cookie: 'uid' }): CheckPlace => ({
  ...context,
  at: 'router',
  entrance: `http://127.0.0.1:${port}/`,
  identity,
});

export const httpCheck = ({
  expect,
  ...rest
}: Partial<Omit<HttpCheck, 'expect'>> & { readonly expect?: Partial<HttpExpectation> } = {}): HttpCheck => ({
  kind: 'http',
  name: 'health',
  method: 'GET',
  path: '/health',
  headers: {},
  repeat: 1,
  timeoutMs: 5_000,
  expect: { status: 200, version: false, headers: {}, json: {}, ...expect },
  ...rest,
});

export const commandCheck = (command: readonly string[], rest: Partial<CommandCheck> = {}): CommandCheck => ({
  kind: 'command',
  name: 'smoke',
  command,
  env: [],
  timeoutMs: 10_000,
  ...rest,
});

/** Runs `script` in a Node process of its own. */
export const nodeCheck = (script: string, rest: Partial<CommandCheck> = {}): CommandCheck =>
  commandCheck([process.execPath, '-e', script], rest);
