/** What can be wrong with a cluster, an object or an image, and that the message says what to do. Stand-ins, as in the harness. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kubernetesDoctor } from '../../../src/adapters/deployer/kubernetes/doctor.ts';
import { kubernetesDeployer } from '../../../src/adapters/deployer/kubernetes.ts';
import type { KubernetesDeployerSpec } from '../../../src/domain/spec.ts';
import { tokens } from '../../support/cluster.ts';
import { build, order } from './contract.ts';
import { context, serverAt } from './harnesses.ts';
import { type KubernetesHarness, kubernetesHarness } from './kubernetes-harness.ts';

let made: KubernetesHarness | undefined;
beforeAll(async () => {
  made = await kubernetesHarness({ workload: 'deployment', strategy: 'RollingUpdate' });
});
afterAll(() => made?.dispose());

const hex = 'a'.repeat(64);
const withSpec = (more: Partial<KubernetesDeployerSpec>) => kubernetesDeployer({ ...at().spec, ...more }, context);

describe('a cluster that cannot be used', () => {
  test('that does not answer is an error that may pass', async () => {
    const gone = await kubernetesHarness({ workload: 'deployment' });
    const server = await gone.server();
    await gone.dispose();
    const other = { ...gone.spec, kubeconfig: at().spec.kubeconfig ?? '' };
    await expect(kubernetesDeployer(gone.spec, context).read(server)).rejects.toMatchObject({ code: 'serverRefused' });
    await at().cluster.pause();
    await expect(kubernetesDeployer(other, context).read(server)).rejects.toMatchObject({
      code: 'serverUnreachable',
      transient: true,
      message: expect.stringContaining('no answer from the API server'),
    });
    await at().cluster.resume();
  });

  test.each([
    [tokens.reader, /cannot patch .*the Role in docs/],
    ['nobody', /Unauthorized; the kubeconfig/],
  ])('that refuses the token %s says what is missing, and is not asked again', async (token, message) => {
    const server = await at().server();
    const artifact = at().image({ version: '1.0.0' });
    const deployer = await at().as(token);
    await expect(deployer.deploy(order(server, artifact, 1))).rejects.toMatchObject({
      code: 'serverRefused',
      transient: false,
      message: expect.stringMatching(message),
    });
  });
});

describe('an object', () => {
  test('that is not there is named, with how to name another', async () => {
    await expect(at().deployer.read(serverAt('nowhere', 1))).rejects.toMatchObject({
      code: 'serverRefused',
      message: expect.stringMatching(/there is no deployment nowhere in shop; name it in servers: deploy: \{ name/),
    });
  });

  test('may have another name than the server', async () => {
    const server = await at().server();
    const named = { ...server, id: 'pay-1', deploy: { name: server.id } };
    const v1 = at().image({ version: '1.0.0' });
    expect(await at().deployer.deploy(order(named, v1, 1))).toEqual(build(v1));
    const wrong = { ...server, deploy: { socket: '/run/x.sock' } };
    await expect(at().deployer.read(wrong)).rejects.toMatchObject({
      message: expect.stringContaining('deploy may have'),
    });
  });

  test('may be found by labels that it alone has', async () => {
    const server = await at().server();
    const found = { ...server, id: 'pay-2', deploy: { selector: `server=${server.id}` } };
    const v1 = at().image({ version: '1.0.0' });
    expect(await at().deployer.deploy(order(found, v1, 1))).toEqual(build(v1));
    expect((await at().deployer.read(server)).fence).toBe(1);
    const nobody = { ...server, deploy: { selector: 'server=nobody,slot=blue' } };
    await expect(at().deployer.read(nobody)).rejects.toMatchObject({
      code: 'serverRefused',
      message: expect.stringContaining('server=nobody,slot=blue in shop selects nothing, not one deployment'),
    });
    const both = { ...server, deploy: { selector: 'a=b', name: 'c' } };
    await expect(at().deployer.read(both)).rejects.toMatchObject({ message: expect.stringContaining('name') });
  });

  test('that is paused is refused before anything changes', async () => {
    const server = await at().server();
    const path = `/apis/apps/v1/namespaces/shop/deployments/${server.id}`;
    const object = at().cluster.objects.get(path);
    if (object?.kind !== 'Deployment') throw new Error('no Deployment');
    at().cluster.objects.set(path, { ...object, spec: { ...object.spec, paused: true } });
    const refused = at().deployer.deploy(order(server, at().image({ version: '1.0.0' }), 1));
    await expect(refused).rejects.toMatchObject({ code: 'serverRefused', message: expect.stringContaining('resume') });
  });

  test('has another container than the file says', async () => {
    const server = await at().server();
    await expect(withSpec({ container: 'web' }).read(server)).rejects.toMatchObject({
      message: expect.stringContaining('has no container web, only app'),
    });
  });
});

describe('an image', () => {
  test('by tag is refused, with what to write', async () => {
    const artifact = { version: '1', digest: `sha256:${hex}`, source: 'registry.example/pay:1' };
    const message = `write registry.example/pay@sha256:${hex}`;
    const refused = at().deployer.deploy(order(await at().server(), artifact, 1));
    await expect(refused).rejects.toMatchObject({
      code: 'artifactMissing',
      message: expect.stringContaining(message),
    });
  });

  test('without a source is another build of the image that runs', async () => {
    const server = await at().server();
    const [v1, v2] = [at().image({ version: '1.0.0' }), at().image({ version: '2.0.0' })];
    await at().deployer.deploy(order(server, v1, 1));
    expect(await at().deployer.deploy(order(server, build(v2), 2))).toEqual(build(v2));
  });

  test('is pulled by a pod that runs nothing of it and is removed again', async () => {
    const server = await at().server();
    expect(await at().deployer.available(at().image({ version: '1.0.7' }), server)).toEqual({ ok: true });
    expect([...at().cluster.objects.keys()].filter((path) => path.includes('gray-pull'))).toEqual([]);
    expect(at().cluster.serving(server.id)).toEqual([]);
  });

  test('that takes longer than one look is an error that may pass, and the pull goes on', async () => {
    const server = await at().server();
    const slow = at().image({ version: '1.0.8', isSlow: true });
    await expect(withSpec({ pullMs: 200 }).available(slow, server)).rejects.toMatchObject({
      code: 'deployFailed',
      transient: true,
      message: expect.stringContaining('was not pulled within 200 ms'),
    });
    expect([...at().cluster.objects.keys()].filter((path) => path.includes('gray-pull'))).toHaveLength(1);
    at().cluster.registry.set(slow.source, { version: slow.version });
    expect(await at().deployer.available(slow, server)).toEqual({ ok: true });
    expect([...at().cluster.objects.keys()].filter((path) => path.includes('gray-pull'))).toEqual([]);
  });

  test('that is missing is only found at the change where no pod may look for it, and the old pod serves on', async () => {
    const server = await at().server();
    const [v1, gone] = [at().image({ version: '1.0.0' }), at().image({ version: '8.0.0' })];
    const deployer = withSpec({ pullCheck: false });
    await deployer.deploy(order(server, v1, 1));
    const before = await at().instance(server);
    at().cluster.forget(gone.source);
    expect(await deployer.available(gone, server)).toEqual({ ok: true });
    await expect(deployer.deploy(order(server, gone, 2))).rejects.toMatchObject({
      code: 'artifactMissing',
      message: expect.stringMatching(/cannot pull .*not found/),
    });
    expect(await at().instance(server)).toBe(before);
    expect(await deployer.deploy(order(server, v1, 3))).toEqual(build(v1));
    expect(await at().instance(server)).toBe(before);
  });
});

describe('a rollout', () => {
  test('of a version that ends leaves the old pod serving, where the Deployment rolls', async () => {
    const server = await at().server();
    const [v1, broken] = [at().image({ version: '1.0.0' }), at().image({ version: '5.0.0', fault: 'failStart' })];
    await at().deployer.deploy(order(server, v1, 1));
    const before = await at().instance(server);
    await expect(at().deployer.deploy(order(server, broken, 2))).rejects.toMatchObject({
      code: 'deployFailed',
      message: expect.stringMatching(/ended before it answered .*kubectl logs/),
    });
    expect(await at().instance(server)).toBe(before);
  });

  test('of a version that never answers says what it waited for', async () => {
    const deaf = at().image({ version: '6.0.0', fault: 'deaf' });
    const deployed = withSpec({ readyMs: 1_500 }).deploy(order(await at().server(), deaf, 1));
    await expect(deployed).rejects.toMatchObject({
      code: 'deployFailed',
      message: expect.stringMatching(/not ready within 1500 ms: .*503/),
    });
  });
});

describe('a pod that is changed in place', () => {
  test('keeps its container when the change is taken back before a kubelet acted', async () => {
    const harness = await kubernetesHarness({ workload: 'pod' });
    const { cluster, image } = harness;
    const deployer = kubernetesDeployer({ ...harness.spec, pullCheck: false, readyMs: 500 }, context);
    const server = await harness.server();
    const [v1, v2] = [image({ version: '1.0.0' }), image({ version: '2.0.0' })];
    await deployer.deploy(order(server, v1, 1));
    const before = await harness.instance(server);
    cluster.sleep(true);
    await expect(deployer.deploy(order(server, v2, 2))).rejects.toMatchObject({ code: 'deployFailed' });
    expect(await deployer.deploy(order(server, v1, 3))).toEqual(build(v1));
    cluster.sleep(false);
    expect(await deployer.deploy(order(server, v1, 3))).toEqual(build(v1));
    expect(await harness.instance(server)).toBe(before);
    await deployer.deploy(order(server, v2, 4));
    expect(await harness.instance(server)).not.toBe(before);
    await harness.dispose();
  });
});

describe('gray doctor', () => {
  const look = (spec: KubernetesDeployerSpec, servers: readonly ReturnType<typeof serverAt>[]) =>
    kubernetesDoctor(spec, { ...context, servers });

  test('tells of each object whether it is there and ready', async () => {
    const [ready, empty] = [await at().server(), await at().server()];
    await at().deployer.deploy(order(ready, at().image({ version: '1.0.0' }), 1));
    expect(await look(at().spec, [ready, empty, serverAt('nowhere', 1)])).toEqual([
      { ok: true, what: expect.stringContaining(`deployment ${ready.id} is there`), mend: '' },
      { ok: false, what: expect.stringMatching(/not one ready pod: .*ErrImagePull/), mend: expect.any(String) },
      { ok: false, what: expect.stringContaining('there is no deployment nowhere'), mend: expect.any(String) },
    ]);
  });
});

function at(): KubernetesHarness {
  if (made === undefined) throw new Error('the harness was not made');
  return made;
}
