/** `router.kind: several`: routers side by side, each by a name of its own. */
import { z } from 'zod';
import { named, section } from '../scalars.ts';

/** Names become part of messages and start with a letter, so that the order of the file is kept. */
const routerName = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;

/** `single` is the union of all other kinds. */
export const severalOf = <T extends z.ZodType>(single: T) =>
  section({
    kind: z.literal('several').describe('Several routers before the same servers; all of them follow the release.'),
    routers: named('the name of a router', routerName, single)
      .refine((routers) => Object.keys(routers).length > 1, { error: 'expected two routers or more' })
      .describe('Each router by a name of yours, with the keys of its own kind.'),
  });
