/** A release as a file may ask for it: the client refuses one without checks. */
import type { ReleaseSpec } from '../../../src/domain/spec.ts';

const check = (name: string) => ({
  kind: 'http' as const,
  name,
  method: 'GET' as const,
  path: '/health',
  headers: {},
  repeat: 1,
  timeoutMs: 1_000,
  expect: { status: 200, version: true, headers: {}, json: {} },
});

export const checked = (change: Partial<ReleaseSpec> = {}): Partial<ReleaseSpec> => ({
  verify: { deployment: [check('health')], gray: [{ ...check('checkout'), as: 'tester' }] },
  ...change,
});
