/** What the engine is asked to create: the release file's settings, and what no setting may change. */
import type { Artifact } from '../../../domain/artifact.ts';
import type { DeployOrder } from '../port.ts';
import type { Image } from './image.ts';
import { marked, textsOf } from './records.ts';
import type { Site } from './site.ts';

export interface CreateOrder {
  readonly site: Site;
  readonly order: Pick<DeployOrder, 'artifact' | 'release' | 'fence'>;
  readonly image: Image;
  /** On the server's address. */
  readonly port: number;
  readonly restart: string;
}

export function createBody({ site, order, image, port, restart }: CreateOrder): Readonly<Record<string, unknown>> {
  const { spec } = site;
  const { HostConfig = {}, ...more } = spec.create ?? {};
  const inside = spec.port ?? port;
  const words = wordsOf(site, order.artifact, inside);
  const published =
    spec.port === undefined
      ? {}
      : { [`${inside}/tcp`]: [{ HostPort: String(port), ...(spec.hostIp && { HostIp: spec.hostIp }) }] };
  return {
    ...more,
    Image: image.reference,
    ...(spec.command && { Cmd: spec.command.map((word) => replaced(word, words)) }),
    Env: environmentOf(site, words),
    Labels: marked({
      ...textsOf({ ...order.artifact, source: image.reference }),
      target: site.context.target,
      server: site.server.id,
      release: order.release,
      fence: String(order.fence),
    }),
    ...(spec.port !== undefined && { ExposedPorts: { [`${inside}/tcp`]: {} } }),
    HostConfig: {
      ...(typeof HostConfig === 'object' ? HostConfig : {}),
      NetworkMode: spec.network,
      PortBindings: published,
      Binds: spec.mounts.map((mount) => replaced(mount, words)),
      RestartPolicy: { Name: restart },
    },
  };
}

type Words = Readonly<Record<string, string>>;

const wordsOf = ({ server, context }: Site, { version, digest }: Artifact, port: number): Words => ({
  target: context.target,
  server: server.id,
  host: server.address.host,
  port: String(port),
  version,
  digest,
});

const replaced = (text: string, words: Words): string =>
  text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => words[name] ?? whole);

/** `GRAY_VERSION`, `GRAY_DIGEST`, …, and the worker's variables that the file names. */
function environmentOf({ spec }: Site, words: Words): string[] {
  const ours = Object.entries(words).map(([name, value]) => `GRAY_${name.toUpperCase()}=${value}`);
  const named = spec.env.flatMap((name) => (process.env[name] === undefined ? [] : [`${name}=${process.env[name]}`]));
  return [...named, ...ours];
}
