import { expect, test } from 'vitest';
import { routeAtRest } from '../../src/domain/fence.ts';
import type { DesiredRoute } from '../../src/domain/route.ts';
import type { PoolName } from '../../src/domain/server.ts';
import { servingFor } from '../../src/domain/serving.ts';

const route = (stable: PoolName = 'a'): DesiredRoute => ({
  ...routeAtRest([]),
  stable,
  servers: { s1: 'a', s2: 'a', s3: 'b', s4: 'out' },
});

test.each([
  ['gray users are answered by the gray pool', route(), 'gray', [], { pool: 'b', servers: ['s3'], fallback: false }],
  ['stable users by the stable pool', route(), 'stable', [], { pool: 'a', servers: ['s1', 's2'], fallback: false }],
  [
    'and the other way round when pool b is stable',
    route('b'),
    'stable',
    [],
    { pool: 'b', servers: ['s3'], fallback: false },
  ],
  ['a dead server is left out', route(), 'stable', ['s1'], { pool: 'a', servers: ['s2'], fallback: false }],
  [
    'a dead gray pool falls back to stable',
    route(),
    'gray',
    ['s3'],
    { pool: 'a', servers: ['s1', 's2'], fallback: true },
  ],
  [
    'a dead stable pool falls back to gray',
    route(),
    'stable',
    ['s1', 's2'],
    { pool: 'b', servers: ['s3'], fallback: true },
  ],
  [
    'a server that is out never serves',
    route(),
    'stable',
    ['s1', 's2', 's3'],
    { pool: null, servers: [], fallback: true },
  ],
] as const)('%s', (_what, held, arm, dead, serving) => {
  const gone = new Set<string>(dead);
  expect(servingFor(held, arm, (server) => !gone.has(server))).toEqual(serving);
});
