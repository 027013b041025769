/** `router.kind: haproxy`. */
import { z } from 'zod';
import type { HaproxyInstance, HaproxyRouterSpec } from '../../domain/spec.ts';
import type { At } from '../resolve.ts';
import { filePath, list, section, text } from '../scalars.ts';
import { entrance, identity, probe } from './shared.ts';

const backend = () => text('the name of a backend', /^[A-Za-z0-9_.:-]{1,100}$/);

const instance = section({
  socket: filePath("HAProxy's admin socket").describe('Admin socket, `level admin`.'),
  map: filePath('the map file').describe("Map file that holds this target's split; one per target."),
  stateFile: filePath('the server state file').describe('The file that `server-state-file` names.'),
  backends: section({ a: backend(), b: backend() })
    .refine((names) => names.a !== names.b, { error: 'expected two backends, found the same one twice' })
    .exactOptional()
    .describe('Backend names of the pools a and b. Default: <target>-a and <target>-b.'),
  probe,
});

export const haproxy = section({
  kind: z.literal('haproxy').describe('HAProxy 2.6 or newer, changed through its admin socket.'),
  identity,
  entrance,
  instances: list(instance, 'instances', { min: 1, max: 50 }).describe('Every HAProxy in front of the target.'),
});

export const resolveHaproxy = (router: z.output<typeof haproxy>, target: string, at: At): HaproxyRouterSpec => ({
  ...router,
  instances: router.instances.map((one) => resolveInstance(one, target, at)),
});

function resolveInstance(one: z.output<typeof instance>, target: string, at: At): HaproxyInstance {
  return {
    socket: at(one.socket),
    map: at(one.map),
    stateFile: at(one.stateFile),
    backends: one.backends ?? { a: `${target}-a`, b: `${target}-b` },
    probe: one.probe,
  };
}
