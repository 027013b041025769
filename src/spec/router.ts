/** Section `router`. */
import { z } from 'zod';
import { baseUrl } from './net.ts';
import { envName, expects, filePath, headerName, list, section, text } from './scalars.ts';

const identity = section({
  header: text('the name of a header', headerName).exactOptional().describe('Read first.'),
  cookie: text('the name of a cookie', headerName).exactOptional().describe('Read where the header is missing.'),
})
  .refine((value) => value.header !== undefined || value.cookie !== undefined, {
    error: 'expected a header, a cookie or both, found neither',
  })
  .describe('Where a request says whose it is. Trust only what your own login layer sets.');

const entrance = baseUrl('the entrance users take').describe('Base URL of the public entrance, for gray verification.');

const probe = baseUrl('the probe entrance').describe(
  'Base URL of the loopback probe entrance: the same rules, kept out of the metrics.',
);

const memory = section({ kind: z.literal('memory'), identity });

const embedded = section({
  kind: z.literal('embedded').describe("The project's own router process, `gray router`."),
  identity,
  admin: filePath('a Unix socket path or a loopback URL').describe(
    'Unix socket path, or a loopback URL with tokenEnv.',
  ),
  tokenEnv: envName().exactOptional().describe('Environment variable that holds the admin token.'),
  entrance,
  probe,
});

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

const haproxy = section({
  kind: z.literal('haproxy').describe('HAProxy 2.6 or newer, changed through its admin socket.'),
  identity,
  entrance,
  instances: list(instance, 'instances', { min: 1, max: 50 }).describe('Every HAProxy in front of the target.'),
});

export const router = z
  .discriminatedUnion('kind', [embedded, haproxy, memory], {
    error: expects('a group of keys with a kind'),
  })
  .describe('What splits the traffic.');
