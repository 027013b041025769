/** Section `router`: one file per kind in `routers/`. */
import { z } from 'zod';
import type { RouterSpec } from '../domain/spec.ts';
import type { At } from './resolve.ts';
import { embedded, resolveEmbedded } from './routers/embedded.ts';
import { haproxy, resolveHaproxy } from './routers/haproxy.ts';
import { identity } from './routers/shared.ts';
import { expects, section } from './scalars.ts';

const memory = section({ kind: z.literal('memory'), identity });

export const router = z
  .discriminatedUnion('kind', [embedded, haproxy, memory], {
    error: expects('a group of keys with a kind'),
  })
  .describe('What splits the traffic.');

/** The section in the units of the spec. */
export function resolveRouter(file: z.output<typeof router>, target: string, at: At): RouterSpec {
  switch (file.kind) {
    case 'memory':
      return file;
    case 'embedded':
      return resolveEmbedded(file, at);
    case 'haproxy':
      return resolveHaproxy(file, target, at);
  }
}
