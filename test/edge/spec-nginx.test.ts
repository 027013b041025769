/** nginx in its two modes in the release file, and what a plan says of them. */
import { describe, expect, it } from 'vitest';
import { planRelease } from '../../src/domain/plan.ts';
import { parseReleaseFile } from '../../src/spec.ts';
import { goodFile, refuses } from './spec-base.ts';

const ends = 'entrance: "http://127.0.0.1:80", probe: "http://127.0.0.1:8405"';
const lua = `{ kind: nginx, identity: { header: x-user-id }, admin: ./nginx.sock, ${ends} }`;
const reload = `{ kind: nginx, mode: reload, identity: { cookie: uid }, include: ./route.conf, ${ends}, status: "http://127.0.0.1:8406" }`;
const other = reload.replace('./route.conf', './other.conf').replace('8405', '8415').replace('8406', '8416');

const withRouter = (router: string): string =>
  `${goodFile.replace(/router: .*/, () => `router: ${router}`)}capacity: { maxLoad: 3 }\n`;
const bothOf = (one: string, two: string): string =>
  withRouter(`{ kind: several, routers: { one: ${one}, two: ${two} } }`);

describe('nginx', () => {
  it('is the one with Lua where no mode is said', () => {
    expect(parseReleaseFile(withRouter(lua)).router).not.toHaveProperty('mode');
    const said = parseReleaseFile(withRouter(lua.replace('kind: nginx', 'kind: nginx, mode: lua')));
    expect(said.router).toMatchObject({ kind: 'nginx', mode: 'lua' });
  });

  it('in reload mode knows where Debian keeps its files, and finds others from the folder of the release file', () => {
    expect(parseReleaseFile(withRouter(reload)).router).toMatchObject({
      ...{ config: '/etc/nginx/nginx.conf', pid: '/run/nginx.pid', program: ['nginx'] },
      include: expect.stringMatching(/^\/.*\/route\.conf$/),
    });
    const command = reload.replace('identity', 'program: [sudo, nginx], reload: [./again.sh, now], identity');
    expect(parseReleaseFile(withRouter(command)).router).toMatchObject({
      program: ['sudo', 'nginx'],
      reload: [expect.stringMatching(/^\/.*\/again\.sh$/), 'now'],
    });
  });

  it('in reload mode costs what the plan says: one reload for each change of traffic', () => {
    const { settings, warnings } = planRelease(parseReleaseFile(withRouter(reload)));
    expect(settings).toContainEqual({ path: 'router.changes', value: 'by reloads, without Lua', usual: true });
    // Gray servers leave, test users, period switch; two stages; two batches of two changes; everyone, the flip.
    expect(warnings).toContainEqual(
      expect.stringMatching(/^nginx is reloaded 11 times in this release.*2 to 3 requests/),
    );
    const plan = planRelease(parseReleaseFile(withRouter(lua)));
    expect(plan.settings).toContainEqual({ path: 'router.changes', value: 'in Lua, without a reload', usual: true });
    expect(plan.warnings.join()).not.toContain('reload');
    const several = planRelease(parseReleaseFile(bothOf(reload, other)));
    expect(several.warnings).toContainEqual(expect.stringMatching(/^nginx \(one, two\) is reloaded 11 times/));
  });

  refuses([
    [
      'an unknown mode',
      withRouter(reload.replace('mode: reload', 'mode: relod')),
      'router.mode',
      'lua, reload',
      'reload',
    ],
    [
      'a key of the other mode',
      withRouter(reload.replace('include', 'admin: ./x, include')),
      'router.admin',
      'unknown',
    ],
    ['no included file', withRouter(reload.replace('include: ./route.conf,', '')), 'router.include', 'missing'],
    [
      'a status server that others reach',
      withRouter(reload.replace('http://127.0.0.1:8406', 'http://10.0.0.1:8406')),
      'router.status',
      'on this machine',
    ],
    ['two hashes in one release', bothOf(lua, reload), 'router.routers.two.mode', 'by another hash'],
    [
      'one file of two routers',
      bothOf(reload, other.replace('./other.conf', './route.conf')),
      'router.routers.two.include',
      'the same include as router.routers.one.include',
    ],
  ]);
});
