import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/processes.ts';
import { testRouter } from './running.ts';

describe('a websocket', () => {
  test('follows the route, counts as open session, and is closed by a drain that lost patience', async () => {
    const { running, adapter, route } = await testRouter();
    await route({ alwaysGray: ['eve'] }, { s4: 'out' });
    const socket = await websocket(running.entrance, 'eve');
    socket.write('ping');
    await eventually(() => socket.text.endsWith('ping'));
    expect(socket.text).toMatch(/^HTTP\/1\.1 101 .*x-server: s3/is);
    expect((await adapter.read()).servers.s3?.openSessions).toBe(1);
    await route({}, { s3: 'out', s4: 'out' });
    socket.write('still here');
    await eventually(() => socket.text.endsWith('still here'));
    expect(await adapter.drain({ servers: ['s3'], patienceMs: 50 })).toEqual({ closed: { s3: 1 } });
    await eventually(() => socket.closed());
    expect((await adapter.read()).servers.s3?.openSessions).toBe(0);
  });

  test('ends its session when the client leaves, and finds a dead server closed', async () => {
    const { running, adapter, backends, route } = await testRouter();
    await route({}, { s2: 'out', s3: 'out', s4: 'out' });
    const socket = await websocket(running.entrance, 'bob');
    await eventually(async () => (await adapter.read()).servers.s1?.openSessions === 1);
    socket.destroy();
    await eventually(async () => (await adapter.read()).servers.s1?.openSessions === 0);
    await backends.s1.stop();
    const late = await websocket(running.entrance, 'bob', /^$/);
    await eventually(() => late.closed());
    await eventually(async () => (await adapter.read()).servers.s1?.openSessions === 0);
  });

  test('is the only upgrade there is', async () => {
    const { running } = await testRouter();
    expect((await websocket(running.entrance, 'bob', /501 Not Implemented/, 'h2c')).text).toMatch(/501/);
  });
});

interface TestSocket {
  readonly text: string;
  write(text: string): void;
  closed(): boolean;
  destroy(): void;
}

async function websocket(base: string, user: string, until = /101/, protocol = 'websocket'): Promise<TestSocket> {
  const socket: Socket = connect(Number(new URL(base).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  socket.on('error', () => undefined);
  socket.write(
    `GET /chat HTTP/1.1\r\nhost: shop\r\nconnection: Upgrade\r\nupgrade: ${protocol}\r\nx-user-id: ${user}\r\n\r\n`,
  );
  await eventually(() => until.test(text));
  return {
    get text() {
      return text;
    },
    write: (more) => void socket.write(more),
    closed: () => socket.destroyed,
    destroy: () => void socket.destroy(),
  };
}
