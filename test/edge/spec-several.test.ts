/** Several routers in the release file: each is checked as if it were alone, and what is one's own is not shared. */
import { describe, expect, it } from 'vitest';
import { namedVariables } from '../../src/doctor/environment.ts';
import { planSettings } from '../../src/domain/plan/settings.ts';
import { parseReleaseFile } from '../../src/spec.ts';
import { goodFile, refuses } from './spec-base.ts';

const edge = `{ kind: embedded, identity: { cookie: uid }, admin: ./e.sock, entrance: "http://127.0.0.1:1", probe: "http://127.0.0.1:2" }`;
const inner = `{ kind: haproxy, identity: { header: x-user-id }, entrance: "http://127.0.0.1:3", instances: [{ socket: ./h.sock, map: ./m, stateFile: ./s, probe: "http://127.0.0.1:4" }] }`;

const withRouters = (routers: string): string =>
  goodFile.replace(/router: .*/, () => `router: { kind: several, routers: ${routers} }`);

const both = `{ edge: ${edge}, inner: ${inner} }`;
const bothWith = (from: string, to: string): string => {
  if (!both.includes(from)) throw new Error(`no ${from}`);
  return withRouters(both.replace(from, () => to));
};

describe('several routers', () => {
  it('are resolved each by its own kind, in the order of the file', () => {
    const { router } = parseReleaseFile(withRouters(both));
    expect(router).toMatchObject({
      kind: 'several',
      routers: [
        { name: 'edge', router: { kind: 'embedded', identity: { cookie: 'uid' } } },
        { name: 'inner', router: { kind: 'haproxy', instances: [{ backends: { a: 'shop-a', b: 'shop-b' } }] } },
      ],
    });
  });

  it('are asked each for variables, and shown each with its defaults', () => {
    const file = bothWith('./e.sock', '"http://127.0.0.1:9", tokenEnv: EDGE_TOKEN');
    const spec = parseReleaseFile(file);
    expect(namedVariables(spec)).toContain('EDGE_TOKEN');
    expect(planSettings(spec).map(({ path }) => path)).toContain('router.routers.inner.instances[0].backends');
  });

  refuses([
    ['one router alone', withRouters(`{ edge: ${edge} }`), 'router.routers', 'two routers or more'],
    ['a name that is a number', withRouters(`{ 1: ${edge}, inner: ${inner} }`), 'router.routers.1', 'name of a router'],
    ['several within several', bothWith('kind: embedded', 'kind: several'), 'router.routers.edge.kind', 'haproxy'],
    ['an unknown key of one', bothWith('admin:', 'admim:'), 'router.routers.edge.admim', 'unknown'],
    [
      'an admin URL of one without a token',
      bothWith('./e.sock', '"http://127.0.0.1:9"'),
      'router.routers.edge.tokenEnv',
      'missing; an admin URL needs',
    ],
    [
      'a memory router beside a real one',
      withRouters(`{ edge: { kind: memory, identity: { cookie: uid } }, inner: ${inner} }`),
      'router.routers.edge.kind',
      'for tests only',
    ],
    [
      'a probe entrance that two share',
      bothWith('127.0.0.1:4', '127.0.0.1:2'),
      'router.routers.inner.instances[0].probe',
      'the same probe as router.routers.edge.probe',
    ],
  ]);
});
