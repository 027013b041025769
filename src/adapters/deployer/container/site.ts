/** One server on its engine: how everything of it is named there. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { GrayError } from '../../../domain/errors.ts';
import type { ServerSpec } from '../../../domain/server.ts';
import type { ContainerDeployerSpec } from '../../../domain/spec.ts';
import type { DeployerContext } from '../port.ts';
import { type Engine, engineAt } from './engine.ts';

export interface Site {
  readonly engine: Engine;
  readonly spec: ContainerDeployerSpec;
  readonly context: DeployerContext;
  readonly server: ServerSpec;
  /** Begins the name of every container and volume of this server, and of nothing else on the engine. */
  readonly prefix: string;
  /** A container of somebody else's that served before the first release. */
  readonly adopt: string | null;
}

const settingsSchema = z.strictObject({
  socket: z.string().min(1).exactOptional(),
  adopt: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/)
    .exactOptional(),
});

export type ContainerServerSettings = z.output<typeof settingsSchema>;

/** `deploy` of one server. Throws `serverRefused` for what is not known here. */
export function containerSettings({ id, deploy = {} }: Pick<ServerSpec, 'id' | 'deploy'>): ContainerServerSettings {
  const parsed = settingsSchema.safeParse(deploy);
  if (parsed.success) return parsed.data;
  throw new GrayError(
    'serverRefused',
    `${id}: deploy may have socket and adopt (the name of a container), nothing else`,
  );
}

export function siteOf(spec: ContainerDeployerSpec, context: DeployerContext, server: ServerSpec): Site {
  const { socket = spec.socket, adopt = null } = containerSettings(server);
  return { engine: engineAt(socket), spec, context, server, prefix: prefixOf(context.target, server.id), adopt };
}

/** The hash keeps `a.b` + `c` and `a` + `b.c` apart. */
function prefixOf(target: string, server: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([target, server]))
    .digest('hex');
  return `gray.${target}.${server}.${hash.slice(0, 8)}`;
}
