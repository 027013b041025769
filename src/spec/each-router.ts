/** The routers of a release file one by one, each with its path. */
import type { ReleaseFile } from './file.ts';
import type { Step } from './finding.ts';
import type { SingleRouterFile } from './router.ts';

export type RouterFile = ReleaseFile['router'];

export interface RouterAt {
  readonly router: SingleRouterFile;
  readonly path: readonly Step[];
}

export const eachRouter = (router: RouterFile): RouterAt[] =>
  router.kind === 'several'
    ? Object.entries(router.routers).map(([name, one]) => ({ router: one, path: ['router', 'routers', name] }))
    : [{ router, path: ['router'] }];
