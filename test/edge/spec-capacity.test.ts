import { describe, expect, it } from 'vitest';
import { parseReleaseFile } from '../../src/spec.ts';
import { goodFile, refuses, withLines } from './spec-base.ts';

describe('floors, zones and the way back', () => {
  refuses([
    ['a floor above all servers', withLines('capacity: { minServing: 4 }'), 'capacity.minServing', 'at most 3'],
    ['a floor of words', withLines('capacity: { minServing: most }'), 'capacity.minServing', 'a percent such as "25%"'],
    [
      'zones that nobody named',
      withLines('leveling: { byZone: true }'),
      'servers[1].zone',
      'leveling.byZone takes one',
    ],
    ['a warm-up of no time', withLines('leveling: { warmUp: 0s }'), 'leveling.warmUp', 'from 100ms to 1d'],
    ['too many at the same time', withLines('deployment: { parallel: 101 }'), 'deployment.parallel', 'from 1 to 100'],
    ['nobody at the same time', withLines('exception: { parallel: 0 }'), 'exception.parallel', 'from 1 to 100'],
    ['a batch of nobody', withLines('exception: { batch: 0% }'), 'exception.batch', 'a percent such as'],
    [
      'a limit of users nobody counted',
      goodFile.replace('ramp: { stages', () => 'ramp: { maxUsers: 100, stages'),
      'audience.users',
      'missing; ramp.maxUsers',
    ],
  ]);

  const resolved = (...lines: readonly string[]) => parseReleaseFile(withLines(...lines));

  it('count percents out: a floor up, everything else down but for one server', () => {
    const spec = resolved(
      'capacity: { minServing: 50% }',
      'deployment: { parallel: 50% }',
      'exception: { batch: 50%, parallel: 100% }',
    );
    expect(spec.capacity).toEqual({ maxLoad: 1.3, minServing: 2 });
    expect(spec.deployment.parallel).toBe(1);
    expect(spec.exception).toMatchObject({ batch: 1, parallel: 3 });
  });

  it('go back faster than forward where the file says nothing, as far as the load allows', () => {
    expect(resolved().exception).toMatchObject({ parallel: 16 });
    expect(resolved().exception).not.toHaveProperty('batch');
    expect(resolved('deployment: { parallel: 50 }').exception.parallel).toBe(100);
  });
});
