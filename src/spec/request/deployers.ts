/** Section `deployer` of a resolved spec. */
import { z } from 'zod';
import type { DeployerSpec } from '../../domain/spec.ts';
import { argv, envName, filePath, list, named, section, whole } from '../scalars.ts';
import { kindError, label } from './common.ts';
import { milliseconds, names } from './scalars.ts';

export const deployer: z.ZodType<DeployerSpec> = z.discriminatedUnion(
  'kind',
  [
    section({ kind: z.literal('memory') }),
    section({
      kind: z.literal('process'),
      dir: filePath('a directory'),
      start: argv(),
      env: names(),
      stopMs: milliseconds(),
      readyMs: milliseconds(),
    }),
    section({ kind: z.literal('command'), command: argv(), env: names(), timeoutMs: milliseconds() }),
    section({
      kind: z.literal('ssh'),
      dir: filePath('a directory'),
      service: z.union([
        section({ unit: label(), as: z.enum(['sudo', 'self', 'user']) }),
        section({ restart: argv(), pid: argv().exactOptional(), log: argv().exactOptional() }),
      ]),
      ask: argv().exactOptional(),
      user: label().exactOptional(),
      port: whole(1, 65_535).exactOptional(),
      identityFile: filePath('a file').exactOptional(),
      knownHostsFile: filePath('a file').exactOptional(),
      configFile: filePath('a file').exactOptional(),
      hostKeys: z.enum(['known', 'acceptNew']),
      keep: whole(1, 100),
      sessions: whole(1, 100),
      connectMs: milliseconds(),
      stepMs: milliseconds(),
      readyMs: milliseconds(),
    }),
    section({
      kind: z.literal('container'),
      socket: filePath('a socket'),
      network: label(),
      port: whole(1, 65_535).exactOptional(),
      hostIp: label().exactOptional(),
      command: argv().exactOptional(),
      env: names(),
      mounts: list(label(), 'mounts', { max: 100 }),
      create: named('a key', /^[A-Z][A-Za-z0-9]{0,62}$/, z.json()).exactOptional(),
      registryAuthEnv: envName().exactOptional(),
      trialPortOffset: whole(1, 64_511).exactOptional(),
      restart: z.enum(['unless-stopped', 'always', 'on-failure', 'no']),
      stopMs: milliseconds(),
      readyMs: milliseconds(),
      pullMs: milliseconds(),
    }),
    section({
      kind: z.literal('kubernetes'),
      kubeconfig: filePath('a kubeconfig file').exactOptional(),
      context: label().exactOptional(),
      namespace: label(),
      workload: z.enum(['deployment', 'pod']),
      container: label().exactOptional(),
      pullCheck: z.boolean(),
      readyMs: milliseconds(),
      pullMs: milliseconds(),
    }),
  ],
  kindError,
);
