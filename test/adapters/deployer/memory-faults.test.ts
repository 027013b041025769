/** The faults that workflow tests inject. */
import { beforeEach, expect, test } from 'vitest';
import { createDeployer } from '../../../src/adapters/deployer/index.ts';
import { forgetMemoryFleet, type MemoryFleet, memoryFleet } from '../../../src/adapters/deployer/memory-fleet.ts';
import type { Deployer } from '../../../src/adapters/deployer/port.ts';
import { build, order } from './contract.ts';
import { context, serverAt } from './harnesses.ts';

const server = serverAt('pay-1', 1);
const v1 = { version: '1.0.0', digest: 'sha256:01' };
const v2 = { version: '2.0.0', digest: 'sha256:02' };

let fleet: MemoryFleet;
let deployer: Deployer;
beforeEach(() => {
  forgetMemoryFleet(context.target);
  fleet = memoryFleet(context.target);
  fleet.install(['pay-1', 'pay-2'], v1);
  deployer = createDeployer({ kind: 'memory' }, context);
});

test('a server that fails twice takes the version the third time; the others are not touched', async () => {
  fleet.inject('pay-1', { kind: 'fail', times: 2 });
  await expect(deployer.deploy(order(server, v2, 2))).rejects.toMatchObject({ code: 'deployFailed' });
  await expect(deployer.deploy(order(server, v2, 2))).rejects.toMatchObject({ code: 'deployFailed' });
  expect(fleet.running('pay-1')).toEqual(v1);
  expect(await deployer.deploy(order(server, v2, 2))).toEqual(build(v2));
  expect(fleet.running('pay-2')).toEqual(v1);
});

test('a fault may be meant for one build only', async () => {
  fleet.inject('pay-1', { kind: 'fail', digest: v2.digest });
  await expect(deployer.deploy(order(server, v2, 2))).rejects.toMatchObject({ code: 'deployFailed' });
  expect(await deployer.deploy(order(server, v1, 3))).toEqual(build(v1));
});

test('a lost reply leaves the server changed, and its repeat changes it no second time', async () => {
  fleet.inject('pay-1', { kind: 'loseReply', times: 1 });
  await expect(deployer.deploy(order(server, v2, 2))).rejects.toThrow(/reply was lost/);
  await deployer.deploy(order(server, v2, 2));
  expect(fleet.server('pay-1').changes).toEqual([{ artifact: v2, fence: 2 }]);
});

test('a frozen writer that wakes after a higher fence is refused and changes nothing', async () => {
  fleet.inject('pay-1', { kind: 'hang', digest: v2.digest });
  const frozen = deployer.deploy(order(server, v2, 2));
  await deployer.deploy(order(server, v1, 3));
  fleet.heal('pay-1');
  await expect(frozen).rejects.toMatchObject({ code: 'staleFence' });
  expect(fleet.running('pay-1')).toEqual(v1);
});

test('a writer that hangs ends with its signal', async () => {
  fleet.inject('pay-1', { kind: 'hang' });
  const hanging = deployer.deploy({ ...order(server, v2, 2), signal: AbortSignal.timeout(20) });
  await expect(hanging).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(fleet.running('pay-1')).toEqual(v1);
});
