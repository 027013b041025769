import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { startRelease } from '../../../src/client.ts';
import { startTypeScript } from '../../support/processes.ts';
import { useTemporal } from '../../support/temporal.ts';
import { World } from '../../support/world.ts';
import { checked } from './checked.ts';

const temporal = useTemporal();
let world: World;
let dir: string;
afterEach(async () => {
  await world.end();
  await rm(dir, { recursive: true, force: true });
});

const root = fileURLToPath(new URL('../../..', import.meta.url));
const example = join(root, 'docs/examples/approve.ts');

describe('the example of approving from code', () => {
  it('is the one in the docs, has fifteen lines, and approves the gate of a real release', async () => {
    const code = (await readFile(example, 'utf8')).split('\n').slice(1).join('\n').trim();
    expect(code.split('\n').length).toBeLessThanOrEqual(15);
    expect(await readFile(join(root, 'docs/library.md'), 'utf8')).toContain(code);

    const approval = { deadlineMs: 60_000, otherwise: 'rollback' } as const;
    world = new World(
      temporal(),
      checked({ ramp: { patience: 30, stages: [{ shareBp: 1_000, holdMs: 200, approval }] } }),
    );
    await world.work();
    await startRelease(temporal().client, { spec: world.spec, by: 'ana' });
    await world.until(({ gate }) => gate !== null);

    // The package's own name, as its users write it, without a build.
    dir = await mkdtemp(join(tmpdir(), 'gray-example-'));
    const paths = { compilerOptions: { baseUrl: root, paths: { 'gray-release': ['src/index.ts'] } } };
    await writeFile(join(dir, 'tsconfig.json'), JSON.stringify(paths));
    const env = { TSX_TSCONFIG_PATH: join(dir, 'tsconfig.json'), TEMPORAL_ADDRESS: temporal().server.address };
    const approver = await startTypeScript(example, [world.spec.target], { env });
    expect(await approver.exited, approver.output()).toMatchObject({ code: 0 });
    expect(approver.output()).toContain('done: gate of stage 1 opened');
    const status = await world.result();
    expect(status.journal).toContainEqual(expect.objectContaining({ by: 'approver-bot' }));
  });
});
