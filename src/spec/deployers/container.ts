/** `deployer.kind: container`. */
import { z } from 'zod';
import { containerSettings } from '../../adapters/deployer/container/site.ts';
import { imageProblem } from '../../adapters/deployer/image-name.ts';
import { GrayError } from '../../domain/errors.ts';
import type { ContainerDeployerSpec } from '../../domain/spec.ts';
import type { GoodSections } from '../file.ts';
import { type Finding, finding } from '../finding.ts';
import type { At } from '../resolve.ts';
import { argv, envName, envNames, filePath, list, named, oneOf, section, text, whole } from '../scalars.ts';
import { duration } from '../units.ts';

const word = () => text('a word without white space', /^[A-Za-z0-9][A-Za-z0-9_.-]{0,200}$/);

export const container = section({
  kind: z.literal('container').describe('Containers of Docker or Podman, by the API on its Unix socket.'),
  socket: filePath("the engine's socket")
    .default('/var/run/docker.sock')
    .describe(
      "Seen from the worker. A server whose engine is another one says so in deploy: { socket: … }. Podman's is /run/podman/podman.sock.",
    ),
  network: word().default('bridge').describe('host, bridge, or a network of the engine.'),
  port: whole(1, 65_535)
    .exactOptional()
    .describe(
      "Port inside the container, published on the port of the server's address. Not said: the container listens on $GRAY_PORT of the host (network: host).",
    ),
  hostIp: text('an IP address', /^[0-9a-fA-F.:]{2,45}$/)
    .exactOptional()
    .describe('Publish on this address of the host only; without it on all.'),
  command: argv()
    .exactOptional()
    .describe("Instead of the image's own. {host}, {port}, {server}, {target}, {version} and {digest} are replaced."),
  env: envNames().describe('Environment variables of the worker passed on to the container, by name.'),
  mounts: list(text('such as /srv/pay:/data:ro', /^[^\0\r\n]{1,1024}$/), 'mounts', { max: 100 })
    .default([])
    .describe('Volumes and folders of the host; {server} and the others are replaced.'),
  create: named("a key of the engine's create call", /^[A-Z][A-Za-z0-9]{0,62}$/, z.json())
    .exactOptional()
    .describe("Anything else of the engine's own create call, such as User or HostConfig: { Memory: … }."),
  registryAuthEnv: envName()
    .exactOptional()
    .describe('Variable with {"username": …, "password": …} for the registry, as JSON. Podman has its own file.'),
  trialPortOffset: whole(1, 64_511)
    .exactOptional()
    .describe(
      'Start the new version first on the port this much higher, beside the old one, and stop the old one only when it answers there.',
    ),
  restart: oneOf(['unless-stopped', 'always', 'on-failure', 'no'])
    .default('unless-stopped')
    .describe('When the engine starts the container again by itself.'),
  stop: duration('100ms', '1h').prefault('10s').describe('From the stop signal to SIGKILL.'),
  ready: duration('100ms', '1h')
    .prefault('30s')
    .describe('From start until the version probe answers and the image is healthy.'),
  pull: duration('1s', '1d').prefault('5m').describe('Longest pull of an image.'),
});

type ContainerFile = z.output<typeof container>;

export function resolveContainer({ stop, ready, pull, ...rest }: ContainerFile, at: At): ContainerDeployerSpec {
  return { ...rest, socket: at(rest.socket), stopMs: stop, readyMs: ready, pullMs: pull };
}

/** Images are named by digest, servers' own settings are known ones, and a port is published or the host's. */
export function containerChecks(deployer: ContainerFile, sections: GoodSections): Finding[] {
  const builds = (['artifact', 'base'] as const).flatMap((key) => {
    const build = sections[key];
    const problem = build === undefined ? null : imageProblem(build);
    return problem === null ? [] : [finding([key, 'source'], problem)];
  });
  const isHost = deployer.network === 'host';
  const ports =
    isHost === (deployer.port === undefined)
      ? []
      : [finding(['deployer', 'port'], isHost ? 'not with network: host' : 'missing; the port inside the container')];
  return [...builds, ...ports, ...(sections.servers ?? []).flatMap(serverFinding)];
}

function serverFinding(server: NonNullable<GoodSections['servers']>[number], index: number): Finding[] {
  try {
    containerSettings(server);
    return [];
  } catch (error) {
    if (error instanceof GrayError) return [finding(['servers', index, 'deploy'], error.message)];
    throw error;
  }
}
