/** Envoy in the release file. */
import { describe, expect, it } from 'vitest';
import { parseReleaseFile } from '../../src/spec.ts';
import { goodFile, refuses } from './spec-base.ts';

const envoy = (one = 1): string =>
  `{ kind: envoy, identity: { header: x-user-id }, admin: "http://127.0.0.1:990${one}", dir: ./envoy-${one}, entrance: "http://127.0.0.1:80", probe: "http://127.0.0.1:840${one}" }`;

const withRouter = (router: string): string => goodFile.replace(/router: .*/, () => `router: ${router}`);
const bothOf = (one: string, two: string): string =>
  withRouter(`{ kind: several, routers: { one: ${one}, two: ${two} } }`);

describe('envoy', () => {
  it('has its files where the release file says, from its folder', () => {
    expect(parseReleaseFile(withRouter(envoy())).router).toMatchObject({
      ...{ kind: 'envoy', admin: 'http://127.0.0.1:9901', dir: expect.stringMatching(/^\/.*\/envoy-1$/) },
    });
    const socket = parseReleaseFile(withRouter(envoy().replace('"http://127.0.0.1:9901"', './envoy.sock')));
    expect(socket.router).toMatchObject({ admin: expect.stringMatching(/^\/.*\/envoy\.sock$/) });
  });

  refuses([
    ['no directory', withRouter(envoy().replace('dir: ./envoy-1,', '')), 'router.dir', 'missing'],
    [
      'an admin side that others reach',
      withRouter(envoy().replace('127.0.0.1:9901', '10.0.0.1:9901')),
      'router.admin',
      'on this machine',
    ],
    [
      'one directory of two routers',
      bothOf(envoy(1), envoy(2).replace('./envoy-2', './envoy-1')),
      'router.routers.two.dir',
      'the same dir as router.routers.one.dir',
    ],
  ]);
});
