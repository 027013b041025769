/** Two embedded routers, `edge` and `inner`, before the same servers: each a process with its own entrances and state. */
import { join } from 'node:path';
import { embeddedRouter } from '../../src/adapters/router/embedded.ts';
import type { Router } from '../../src/adapters/router/port.ts';
import { type SeveralOptions, severalRouters } from '../../src/adapters/router/several.ts';
import type { ServerSpec } from '../../src/domain/server.ts';
import type { EmbeddedRouterSpec, SeveralRouterSpec } from '../../src/domain/spec.ts';
import { configured, type RouterProcess, startRouterProcess } from './router-process.ts';

export interface TwoRouters {
  readonly edge: RouterProcess;
  readonly inner: RouterProcess;
  readonly spec: SeveralRouterSpec;
  /** Both as one. */
  connect(options?: SeveralOptions): Router;
  /** One of them by itself. */
  one(which: 'edge' | 'inner'): Router;
  end(): Promise<void>;
}

export interface TwoOrder {
  readonly target?: string;
  /** Where both keep their state, when not each in a directory of its own. */
  readonly stateDir?: string;
}

export async function startTwoRouters(servers: readonly ServerSpec[], order: TwoOrder = {}): Promise<TwoRouters> {
  const { target = 'contract', stateDir } = order;
  const start = (name: string) =>
    startRouterProcess(configured(servers), {
      target,
      ...(stateDir === undefined ? {} : { stateFile: join(stateDir, `${name}.json`) }),
    });
  const [edge, inner] = await Promise.all([start('edge'), start('inner')]);
  const context = { target, servers };
  const handle = (name: string, spec: EmbeddedRouterSpec) => ({ name, router: embeddedRouter(spec, context) });
  return {
    edge,
    inner,
    spec: {
      kind: 'several',
      routers: [
        { name: 'edge', router: edge.spec },
        { name: 'inner', router: inner.spec },
      ],
    },
    connect: (options = {}) => severalRouters([handle('edge', edge.spec), handle('inner', inner.spec)], options),
    one: (which) => embeddedRouter(which === 'edge' ? edge.spec : inner.spec, context),
    end: async () => {
      await Promise.all([edge.end(), inner.end()]);
    },
  };
}
