import { afterEach, describe, expect, it } from 'vitest';
import type { DesiredRoute } from '../../src/domain/route.ts';
import { servers } from '../support/release-spec.ts';
import { useTemporal } from '../support/temporal.ts';
import { World } from '../support/world.ts';

const temporal = useTemporal();
let world: World;
afterEach(() => world.end());

const zoned = servers(8).map((server, n) => ({ ...server, zone: n % 2 === 0 ? 'a' : 'b' }));
const zoneOf = (id: string) => zoned.find((server) => server.id === id)?.zone;
const outIn = ({ servers: places }: DesiredRoute) => Object.keys(places).filter((id) => places[id] === 'out');
const ramp = { patience: 30, stages: [{ shareBp: 1_000, holdMs: 150 }] };
const capacity = { maxLoad: 2, minServing: 6 };

/** Of every deployment, in order: how many servers it may change at the same time. */
async function parallelsOf({ handle }: World): Promise<number[]> {
  const { events } = await handle.fetchHistory();
  const payloads = (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes?.input?.payloads ?? []);
  return payloads.flatMap(({ data }): number[] => {
    const order: unknown = JSON.parse(Buffer.from(data ?? []).toString());
    return hasParallel(order) ? [order.parallel] : [];
  });
}

const hasParallel = (order: unknown): order is { readonly parallel: number } =>
  typeof order === 'object' && order !== null && 'parallel' in order && typeof order.parallel === 'number';

describe('a release with a floor, zones and a warm-up', () => {
  it('levels zone after zone, with six servers serving at every moment, and lets each batch warm up', async () => {
    const leveling = { batch: 4, byZone: true, warmUpMs: 300, onServerFailure: 'exception' } as const;
    world = new World(temporal(), { servers: zoned, ramp, capacity, leveling });
    const status = await world.run();
    expect(status.outcome).toBe('completed');
    expect(new Set(world.versions())).toEqual(new Set(['2.0.0']));
    for (const route of world.routes) expect(outIn(route).length).toBeLessThanOrEqual(2);
    const raised = world.routes.filter(({ split }) => split.shareBp > 1_000);
    const batches = raised.map(outIn).filter((out) => out.length > 0);
    expect(batches).toEqual([['s3', 's5'], ['s7'], ['s4', 's6'], ['s8']]);
    for (const out of batches) expect(new Set(out.map(zoneOf)).size).toBe(1);
  });

  it('leaves at once when it is aborted while a batch warms up', async () => {
    const leveling = { batch: 2, warmUpMs: 60_000, onServerFailure: 'exception' } as const;
    const exception = { policy: 'rollback', holdForMs: 20_000, drainMs: 100, batch: 1, parallel: 7 } as const;
    world = new World(temporal(), { ramp, capacity, leveling, exception });
    await world.work();
    await world.start();
    await world.until(({ waiting }) => waiting?.what === 'warm-up of batch 1');
    // The batch has joined its pool, and nobody else has left yet.
    expect(world.routes.at(-1)?.servers).toMatchObject({ s3: 'b', s4: 'b', s5: 'a' });
    const before = world.routes.length;
    await world.send('abort');
    const status = await world.result();
    expect(status.outcome).toBe('aborted');
    expect(new Set(world.versions())).toEqual(new Set(['1.0.0']));
    for (const route of world.routes.slice(before)) expect(outIn(route).length).toBeLessThanOrEqual(1);
    const parallels = await parallelsOf(world);
    expect(parallels.slice(0, 2)).toEqual([4, 4]);
    expect(new Set(parallels.slice(2))).toEqual(new Set([7]));
  });

  it('is refused, and nothing is touched, when a server that is down makes its gray servers too many', async () => {
    world = new World(temporal(), { ramp, capacity });
    world.router.setUp('s8', false);
    const status = await world.run();
    expect(status.outcome).not.toBe('completed');
    expect(status.failure).toContain('5 servers would serve while gray servers and strays change, and 6 is the floor');
    expect(world.routes).toEqual([]);
  });

  it('is refused when a stray would have to leave while all the others are just enough', async () => {
    const spare = servers(8).map((server) => ({ ...server, spare: server.gray }));
    world = new World(temporal(), { servers: spare, ramp, capacity });
    world.fleet.install(['s8'], { version: '0.9.0', digest: `sha256:${'9'.repeat(64)}` });
    const status = await world.run();
    expect(status.failure).toContain('5 servers would serve while gray servers and strays change');
    expect(world.routes).toEqual([]);
  });
});
