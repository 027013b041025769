/** One router or several: whoever needs each of them asks here. */
import type { NamedRouter, RouterSpec } from './spec.ts';

/** Every single router of a release; the name is empty where there is only one. */
export const routersIn = (router: RouterSpec): readonly NamedRouter[] =>
  router.kind === 'several' ? router.routers : [{ name: '', router }];
