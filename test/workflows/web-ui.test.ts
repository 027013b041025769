import { afterEach, describe, expect, it } from 'vitest';
import { commands } from '../../src/domain/actions.ts';
import { useTemporal } from '../support/temporal.ts';
import { World } from '../support/world.ts';

const temporal = useTemporal();
let world: World;
afterEach(() => world.end());

interface Handler {
  readonly name: string;
  readonly description: string;
}
interface Metadata {
  readonly definition: {
    readonly signalDefinitions: readonly Handler[];
    readonly updateDefinitions: readonly Handler[];
    readonly queryDefinitions: readonly Handler[];
  };
  readonly currentDetails: string;
}

const holding = { ramp: { patience: 3, stages: [{ shareBp: 1_500, holdMs: 60_000 }] } };

describe('the Web UI alone can run a release:', () => {
  it('every command is an Update and a Signal, described with a JSON example that can be sent as it is', async () => {
    world = new World(temporal(), holding);
    await world.work();
    await world.start();
    await world.until(({ stage }) => stage?.clock != null);
    const { definition } = await world.handle.query<Metadata>('__temporal_workflow_metadata');
    for (const handlers of [definition.updateDefinitions, definition.signalDefinitions]) {
      expect(handlers.map(({ name }) => name)).toEqual(expect.arrayContaining([...commands]));
    }
    expect(definition.queryDefinitions.map(({ name }) => name)).toContain('status');
    const abort = definition.updateDefinitions.find(({ name }) => name === 'abort');
    const example: unknown = JSON.parse(abort?.description.split('Example: ')[1] ?? '');
    await world.handle.signal('abort', example);
    expect((await world.result()).outcome).toBe('aborted');
  });

  it('the details are a status page of plain lists: where it is, what may be done, every server, the evidence', async () => {
    world = new World(temporal(), holding);
    await world.work();
    await world.start();
    await world.until(({ stage }) => stage?.clock != null);
    const { currentDetails } = await world.handle.query<Metadata>('__temporal_workflow_metadata');
    expect(currentDetails).toContain(`# ${world.spec.target} 2.0.0: ramp, 15 % on gray`);
    expect(currentDetails).toContain('- stage 1 of 1: 15 %');
    expect(currentDetails).toMatch(/- abort \{"by":/);
    expect(currentDetails).toContain('- s1: gray, 2.0.0');
    expect(currentDetails).not.toContain('|');
  });

  it('the list of releases can be searched by phase, period, share and outcome', async () => {
    world = new World(temporal(), holding);
    await world.work();
    await world.start();
    await world.until(({ stage }) => stage?.clock != null);
    expect(await attributes()).toMatchObject({ GrayPhase: ['ramp'], GrayPeriod: ['gray'], GrayShare: [15] });
    await world.send('rollback');
    await world.result();
    expect(await attributes()).toMatchObject({ GrayPhase: ['closed'], GrayOutcome: ['rolledBack'], GrayShare: [0] });
  });
});

const attributes = async () => (await world.handle.describe()).searchAttributes;
