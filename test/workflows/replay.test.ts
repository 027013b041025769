import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { afterEach, describe, expect, it } from 'vitest';
import { testBundle } from '../support/bundle.ts';
import { type Shape, shapes } from '../support/shapes.ts';
import { useTemporal } from '../support/temporal.ts';
import { World } from '../support/world.ts';

const folder = fileURLToPath(new URL('./histories/', import.meta.url));
const recorded = () => (existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : []);
const bundle = testBundle();

/** A missing history is recorded with `GRAY_RECORD=1`; one that is there is never recorded again. */
if (process.env.GRAY_RECORD === '1') {
  describe('recording', () => {
    const temporal = useTemporal();
    let world: World;
    afterEach(() => world.end());
    const missing = Object.entries(shapes).filter(([name]) => !recorded().includes(`${name}.json`));
    it.each(missing)('%s', async (name, shape) => {
      world = new World(temporal(), shape.spec);
      await record(world, name, shape);
    });
  });
}

async function record(world: World, name: string, { story, request }: Shape): Promise<void> {
  await world.work();
  const started = world.start(request);
  await Promise.all([started, story?.(world)]);
  await world.result();
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}${name}.json`, withoutStacks(historyToJSON(await world.handle.fetchHistory())));
}

/** Stack traces name folders of the machine that recorded. */
const withoutStacks = (json: string): string =>
  JSON.stringify(JSON.parse(json, (key, value: unknown) => (key === 'stackTrace' ? '' : value)));

describe('the workflow', () => {
  it('has a stored history for every shape', () => {
    expect(recorded().map((name) => name.replace('.json', ''))).toEqual(expect.arrayContaining(Object.keys(shapes)));
  });

  it.each(recorded())('replays %s as it was recorded', async (name) => {
    const history: unknown = JSON.parse(await readFile(`${folder}${name}`, 'utf8'));
    await Worker.runReplayHistory({ workflowBundle: await bundle }, history);
  });

  it('that waits a second before everything else no longer replays: such a change is caught', async () => {
    const { code } = await bundle;
    const changed = code.replace(
      /(async function lifecycle\(run\) \{)/,
      '$1 await new Promise((done) => setTimeout(done, 1000));',
    );
    expect(changed).not.toBe(code);
    const history: unknown = JSON.parse(await readFile(`${folder}completed.json`, 'utf8'));
    await expect(Worker.runReplayHistory({ workflowBundle: { code: changed } }, history)).rejects.toThrow(
      DeterminismViolationError,
    );
  });
});
