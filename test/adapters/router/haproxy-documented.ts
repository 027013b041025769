/** The target whose configuration docs/adapters/haproxy.md shows. */
import type { HaproxyConfigOrder } from '../../../src/adapters/router/haproxy/config.ts';

const server = (n: number, spare: boolean) => ({
  id: `pay-${n}`,
  address: { host: `10.0.0.1${n}`, port: 8080 },
  gray: n === 3,
  spare,
  weight: 100,
});

export const documentedOrder: HaproxyConfigOrder = {
  target: 'payments',
  servers: [server(1, false), server(2, false), server(3, true)],
  identity: { header: 'x-user-id', cookie: 'uid', segments: ['x-branch'] },
  instance: {
    socket: '/run/haproxy/payments.sock',
    map: '/var/lib/gray/payments.map',
    stateFile: '/var/lib/gray/payments.state',
    backends: { a: 'payments_a', b: 'payments_b' },
    probe: 'http://127.0.0.1:8405',
  },
  entrance: ':80',
  exporter: '127.0.0.1:8404',
  check: { path: '/health', intervalMs: 1_000, rise: 1, fall: 2 },
};
