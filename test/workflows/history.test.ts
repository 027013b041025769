import { afterEach, describe, expect, it } from 'vitest';
import { server } from '../support/release-spec.ts';
import { useTemporal } from '../support/temporal.ts';
import { World } from '../support/world.ts';

const temporal = useTemporal();
let world: World;
afterEach(() => world.end());

describe('the history', () => {
  it('of a five-stage release of twenty servers in four batches stays small', async () => {
    world = new World(temporal(), {
      servers: Array.from({ length: 20 }, (_, index) => server(`s${index + 1}`, 9001 + index, index < 4)),
      ramp: { patience: 3, stages: [100, 500, 1_000, 1_500, 2_000].map((shareBp) => ({ shareBp, holdMs: 400 })) },
      leveling: { batch: 4, onServerFailure: 'exception' },
    });
    expect((await world.run()).outcome).toBe('completed');
    const { historyLength } = await world.handle.describe();
    const { events } = await world.handle.fetchHistory();
    const kinds: Record<string, number> = {};
    for (const event of events ?? []) kinds[String(event.eventType)] = (kinds[String(event.eventType)] ?? 0) + 1;
    console.log(historyLength, JSON.stringify(kinds));
    expect(historyLength).toBeLessThanOrEqual(220);
  });
});
