/** How a kubeconfig is read, and what of it is refused. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { kubeAccess } from '../../../src/adapters/kubernetes/access.ts';
import { kubeClient } from '../../../src/adapters/kubernetes/client.ts';
import { portOf } from '../../support/ports.ts';

const tls = (name: string) => fileURLToPath(new URL(`../../support/tls/${name}`, import.meta.url));
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gray-kubeconfig-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function kubeconfig(cluster: object, user: object, more: object = {}): Promise<string> {
  const file = join(dir, `${Math.random()}.yml`);
  const config = {
    'current-context': 'one',
    contexts: [{ name: 'one', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
    ...more,
  };
  await writeFile(file, JSON.stringify(config));
  return file;
}

test('a token file beside the kubeconfig is read for each call, and the CA of the cluster is believed, no other', async () => {
  const [cert, key] = await Promise.all([readFile(tls('cert.pem'), 'utf8'), readFile(tls('key.pem'), 'utf8')]);
  const server = createServer({ cert, key }, ({ headers }, response) => {
    response.end(JSON.stringify({ told: headers.authorization ?? '' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const name = { 'tls-server-name': 'pay.internal' };
  const at = { server: `https://127.0.0.1:${portOf(server)}`, ...name };
  const told = z.object({ told: z.string() });
  const ask = (file: string) => kubeClient(() => kubeAccess({ kubeconfig: file }))({ method: 'GET', path: '/' }, told);
  try {
    await writeFile(join(dir, 'token'), 'first\n');
    const file = await kubeconfig({ ...at, 'certificate-authority': tls('cert.pem') }, { tokenFile: 'token' });
    expect(await ask(file)).toEqual({ told: 'Bearer first' });
    await writeFile(join(dir, 'token'), 'second\n');
    expect(await ask(file)).toEqual({ told: 'Bearer second' });
    const data = Buffer.from(cert).toString('base64');
    const inline = await kubeconfig({ ...at, 'certificate-authority-data': data }, { token: 'third' });
    expect(await ask(inline)).toEqual({ told: 'Bearer third' });
    const other = await kubeconfig(
      { ...at, 'tls-server-name': 'x', 'certificate-authority-data': data },
      { token: 't' },
    );
    await expect(ask(other)).rejects.toMatchObject({ code: 'routerUnreachable' });
    const unknown = await kubeconfig(at, { token: 'never told' });
    await expect(ask(unknown)).rejects.toMatchObject({ code: 'routerUnreachable' });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test.each([
  ['a login plugin', { server: 'https://a' }, { exec: { command: 'aws' } }, {}, /by a plugin/],
  ['no check of the certificate', { server: 'https://a', 'insecure-skip-tls-verify': true }, {}, {}, /name the CA/],
  ['an unknown context', { server: 'https://a' }, {}, { 'current-context': 'two' }, /has no context two/],
  ['a cluster that is not there', { server: 'https://a' }, {}, { clusters: [] }, /names what is not there/],
  ['no server', {}, {}, {}, /clusters\.0\.cluster\.server/],
] as const)('refuses %s', async (_what, cluster, user, more, says) => {
  const file = await kubeconfig(cluster, user, more);
  await expect(kubeAccess({ kubeconfig: file })).rejects.toMatchObject({
    code: 'routerRefused',
    message: expect.stringMatching(says),
  });
});

test('says that there is neither a kubeconfig nor a pod around', async () => {
  await expect(kubeAccess({})).rejects.toMatchObject({
    code: 'routerRefused',
    message: expect.stringMatching(/no pod of a cluster/),
  });
  await expect(kubeAccess({ kubeconfig: join(dir, 'gone') })).rejects.toMatchObject({
    message: expect.stringMatching(/cannot be read/),
  });
});
