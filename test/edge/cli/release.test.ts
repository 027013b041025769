/** The command against a real release: what it prints, and how it ends. Every command line is a process of its own. */
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { releaseStatus } from '../../../src/client.ts';
import type { ReleaseSpec } from '../../../src/domain/spec.ts';
import { baseBuild } from '../../support/release-spec.ts';
import { useTemporal } from '../../support/temporal.ts';
import { broken, World } from '../../support/world.ts';
import { at, folder, gray, grayStarted, releaseFile } from './gray.ts';

vi.setConfig({ testTimeout: 90_000 });

const temporal = useTemporal();
let dir: string;
let world: World;
beforeAll(async () => {
  dir = await folder();
});
afterEach(() => world.end());

async function worldWithFile(change: Partial<ReleaseSpec> = {}) {
  world = new World(temporal(), change);
  await world.work();
  const file = await releaseFile(world.spec, dir);
  return { target: world.spec.target, file, env: at(temporal()) };
}

const stages = (holdMs: number) => ({ ramp: { patience: 3, stages: [{ shareBp: 1_000, holdMs }] } });

describe('gray start', () => {
  it('--wait ends 0 at leveled with the status as JSON and nothing else; a second start ends 3', async () => {
    const { file, env, target } = await worldWithFile({ ...stages(300), watch: { forMs: 60_000 } });
    const asked = ['--wait', '--json', '--reason', 'INC-7', '--request-id', 'ci-1'];
    const first = await gray(['start', file, ...asked], env);
    expect(first.exitCode, first.stderr).toBe(0);
    expect(JSON.parse(first.stdout)).toMatchObject({ target, phase: 'watch', by: 'ana@desk', reason: 'INC-7' });
    expect(first.stderr).toContain(`/namespaces/default/workflows/gray-release%2F${target}/`);

    const [again, second] = await Promise.all([
      gray(['start', file, '--request-id', 'ci-1'], env),
      gray(['start', file], env),
    ]);
    expect(again.exitCode).toBe(0);
    expect(again.stdout).toContain('was started before by this request');
    expect(second.exitCode).toBe(3);
    expect(second.stderr).toMatch(/started by ana@desk.*--finish-watch/);

    const finish = await gray(['finish', target, '--json'], env);
    expect(JSON.parse(finish.stdout)).toMatchObject({ target, command: 'finish', answer: 'done' });
    await world.result();
    const [status, list] = await Promise.all([gray(['status', target], env), gray(['list', target, '--json'], env)]);
    expect(status.stdout).toMatch(/outcome\s+completed/);
    expect(JSON.parse(list.stdout)).toMatchObject([{ target, outcome: 'completed', by: 'ana@desk' }]);
  });

  it('--rehearse --wait ends 0 with what it counted, and the list says what that shows', async () => {
    const { file, env, target } = await worldWithFile({ ...stages(300), artifact: baseBuild });
    const rehearsed = await gray(['start', file, '--rehearse', '--wait', '--json'], env);
    expect(rehearsed.exitCode, rehearsed.stderr).toBe(0);
    expect(JSON.parse(rehearsed.stdout)).toMatchObject({ outcome: 'rehearsed', rehearsed: { falseRollbacks: 0 } });
    const { stdout } = await gray(['list', target], env);
    expect(stdout).toContain('0 of 1 rehearsals would have been rolled back');
  });

  it('--wait ends with the outcome of a release that fails', async () => {
    const { file, env } = await worldWithFile(stages(60_000));
    world.metrics.set('*', 'gray', broken);
    const rolledBack = await gray(['start', file, '--wait'], env);
    expect(rolledBack.exitCode, rolledBack.stderr).toBe(5);
    expect(rolledBack.stdout).toMatch(/outcome\s+rolledBack/);

    world.check = async (check) => ({ name: check.name, ok: false, runs: 1, failures: 1, problem: 'no' });
    expect((await gray(['start', file, '--wait'], env)).exitCode).toBe(4);
  });

  it('--watch prints a line per change where there is no terminal, and ends 6 after an abort', async () => {
    const { file, env, target } = await worldWithFile(stages(60_000));
    const watching = await grayStarted(['start', file, '--watch'], env);
    await watching.printed(/stage 1 of 1/);
    const abort = await gray(['abort', target, '--reason', 'slow'], env);
    expect(abort.stdout).toContain('done: aborting');
    expect((await watching.exited).code).toBe(6);
    expect(watching.output()).toMatch(/outcome aborted/);
    expect(watching.output()).not.toContain('\u001b[');
  });

  it('--wait ends 8 when its time is over, and 130 on Ctrl-C; the release goes on', async () => {
    const { file, env, target } = await worldWithFile(stages(60_000));
    const late = await gray(['start', file, '--wait', '--timeout', '500ms', '--request-id', 'r'], env);
    expect(late.exitCode, late.stderr).toBe(8);
    const waiting = await grayStarted(['start', file, '--wait', '--request-id', 'r'], env);
    await waiting.printed(/was started before/);
    waiting.signal('SIGINT');
    expect((await waiting.exited).code).toBe(130);
    expect((await releaseStatus(temporal().client, target)).outcome).toBeNull();
  });
});

describe('operator commands', () => {
  it('answer, refuse with the sentence of the release, and undo a closed release', async () => {
    const { file, env, target } = await worldWithFile(stages(60_000));
    await gray(['start', file], env);
    await world.until(({ phase, shareBp }) => phase === 'ramp' && shareBp === 1_000);
    const [pause, approve] = await Promise.all([
      gray(['pause', target], env),
      gray(['approve', target, '1', '--json'], env),
    ]);
    expect(pause).toMatchObject({ exitCode: 0, stdout: 'done: paused; watching goes on' });
    expect(approve.exitCode).toBe(3);
    expect(JSON.parse(approve.stdout)).toMatchObject({ error: { code: 'refusedCommand' } });
    expect(approve.stderr).toContain('no gate is waiting');
    await Promise.all([gray(['resume', target], env), gray(['skip', target], env)]);
    await world.result();
    const back = await gray(['rollback', target, '--watch', '--reason', 'INC-8'], env);
    expect(back.exitCode, back.stderr).toBe(0);
    expect(back.stdout).toMatch(/started: .*[\s\S]*outcome rolledBack/);
    expect(world.versions()).toEqual(world.spec.servers.map(() => '1.0.0'));
  });

  it('status says within seconds what is missing when no worker is up', async () => {
    const { file, env, target } = await worldWithFile(stages(60_000));
    await gray(['start', file], env);
    await world.until(({ phase }) => phase === 'ramp');
    await world.stopWorker();
    const status = await gray(['status', target], env);
    expect(status.exitCode).toBe(0);
    expect(status.stdout).toMatch(/^stale\s+no worker answers/);
    expect(status.stdout).toMatch(/phase\s+ramp/);
  });
});
