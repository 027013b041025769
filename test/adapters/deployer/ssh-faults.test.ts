/** What goes wrong between a worker and a server: each ends in an error that says what to do, and none changes what runs. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sshDeployer } from '../../../src/adapters/deployer/ssh.ts';
import type { Artifact } from '../../../src/domain/artifact.ts';
import type { ServerSpec } from '../../../src/domain/server.ts';
import type { SshDeployerSpec } from '../../../src/domain/spec.ts';
import { freePort } from '../../support/ports.ts';
import { build, order } from './contract.ts';
import { context } from './harnesses.ts';
import { type SshHarness, sshHarness } from './ssh-harness.ts';

let at: SshHarness;
let v1: Artifact;
let v2: Artifact;
let server: ServerSpec;
beforeAll(async () => {
  at = await sshHarness();
  v1 = await at.build('1.0.0');
  v2 = await at.build('2.0.0');
  server = await at.server();
  await at.deployer.deploy(order(server, v1, 1));
});
afterAll(() => at?.dispose());

const changed = (change: Partial<SshDeployerSpec>) => sshDeployer({ ...at.spec, ...change }, context);
const quick = { connectMs: 1_000 };

describe('no session', () => {
  test('a host where nothing listens is named, and may be tried again', async () => {
    const away = changed({ ...quick, port: await freePort() }).read(server);
    await expect(away).rejects.toMatchObject({
      code: 'serverUnreachable',
      transient: true,
      message: expect.stringMatching(/s1: \[127\.0\.0\.1\]:\d+ cannot be reached over SSH: check .*Connection refused/),
    });
  });

  test('a name that nobody knows is named', async () => {
    const named = { ...server, deploy: { host: 'no-such-host.invalid' } };
    await expect(changed(quick).deploy(order(named, v2, 2))).rejects.toMatchObject({
      code: 'serverUnreachable',
      message: expect.stringMatching(/no-such-host\.invalid.*Could not resolve/),
    });
  });

  test('a worker without an SSH client says so', async () => {
    const { PATH } = process.env;
    process.env.PATH = at.dir;
    try {
      await expect(at.deployer.read(server)).rejects.toMatchObject({
        code: 'serverRefused',
        message: 's1: the program ssh cannot be started here: install the OpenSSH client',
      });
    } finally {
      process.env.PATH = PATH;
    }
  });

  test('a key that is not taken is a refusal, with where to put it', async () => {
    await at.sshd.newKey('stranger');
    const refused = changed({ identityFile: join(at.sshd.folder, 'stranger') }).deploy(order(server, v2, 2));
    await expect(refused).rejects.toMatchObject({
      code: 'serverRefused',
      transient: false,
      message: expect.stringMatching(/took none of the worker's keys: .*authorized_keys.*Permission denied/),
    });
  });

  test('a host that was never met is refused, unless the file says acceptNew; its key is then remembered', async () => {
    const knownHostsFile = join(at.sshd.folder, 'known hosts 100%');
    const never = changed({ knownHostsFile }).read(server);
    await expect(never).rejects.toMatchObject({
      code: 'serverRefused',
      message: expect.stringMatching(/not among the known hosts.*ssh-keyscan/),
    });
    const reading = await changed({ knownHostsFile, hostKeys: 'acceptNew' }).read(server);
    expect(reading).toMatchObject({ running: build(v1), fence: 1 });
    expect(await changed({ knownHostsFile }).read(server)).toEqual(reading);
  });

  test.each(['known', 'acceptNew'] as const)(
    'a host key that changed is refused where host keys are %s',
    async (hostKeys) => {
      const knownHostsFile = join(at.sshd.folder, `changed-${hostKeys}`);
      await at.sshd.newKey(`other-${hostKeys}`);
      const [kind, key] = (await readFile(join(at.sshd.folder, `other-${hostKeys}.pub`), 'utf8')).split(' ');
      await writeFile(knownHostsFile, `[127.0.0.1]:${at.spec.port} ${kind} ${key}\n`);
      await expect(changed({ knownHostsFile, hostKeys }).deploy(order(server, v2, 2))).rejects.toMatchObject({
        code: 'serverRefused',
        message: expect.stringMatching(/the host key of \[127\.0\.0\.1\]:\d+ has changed\. .*ssh-keygen -R/),
      });
    },
  );

  test('a host that is frozen is given up in time, with an open connection as without one', async () => {
    const patient = changed(quick);
    await patient.read(server);
    const thaw = await at.sshd.freeze();
    try {
      const began = performance.now();
      const both = [patient, changed({ ...quick, hostKeys: 'acceptNew' })].map((one) => one.read(server));
      for (const { status, reason } of (await Promise.allSettled(both)) as readonly PromiseRejectedResult[]) {
        expect({ status, reason }).toMatchObject({ status: 'rejected', reason: { code: 'serverUnreachable' } });
      }
      expect(performance.now() - began).toBeLessThan(20_000);
    } finally {
      thaw();
    }
    expect(await at.deployer.read(server)).toMatchObject({ running: build(v1) });
  });

  test('none of them changed what runs', async () => {
    expect(await at.deployer.read(server)).toMatchObject({ running: build(v1), base: null, fence: 1 });
  });
});
