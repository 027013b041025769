/** Section `deployer`, and the commands of the user's that it and hooks run. */
import { z } from 'zod';
import { container } from './deployers/container.ts';
import { kubernetes } from './deployers/kubernetes.ts';
import { ssh } from './deployers/ssh.ts';
import { argv, envNames, expects, filePath, section } from './scalars.ts';
import { duration } from './units.ts';

const env = envNames().describe('Environment variables passed on, by name.');

const processes = section({
  kind: z.literal('process').describe('Server processes on this machine.'),
  dir: filePath('a directory').describe('Holds one folder per server: releases, base record, lock, log.'),
  start: argv().describe(
    'Program and arguments, run in the unpacked build. {host}, {port}, {server}, {version} and {digest} are replaced.',
  ),
  env,
  stop: duration('100ms', '1h').prefault('10s').describe('From SIGTERM to SIGKILL.'),
  ready: duration('100ms', '1h').prefault('30s').describe('From start until the version probe answers.'),
});

const command = section({
  kind: z
    .literal('command')
    .describe('A program of yours: request as JSON on standard input, answer on standard output.'),
  command: argv(),
  env,
  timeout: duration('1s', '1d').prefault('10m').describe('Longest run of one call.'),
});

const memory = section({ kind: z.literal('memory') });

export const deployer = z
  .discriminatedUnion('kind', [processes, command, memory, ssh, container, kubernetes], {
    error: expects('a group of keys with a kind'),
  })
  .describe('What puts a version on a server.');

const hook = section({
  command: argv().describe('Idempotent: it may run twice.'),
  env,
  timeout: duration('1s', '1d').prefault('10m'),
});

export const hooks = section({
  beforeDeployment: hook.exactOptional().describe('Before the first server changes, such as a migration.'),
  beforeRollback: hook.exactOptional().describe('Before the first server returns to its base version.'),
  afterWatch: hook.exactOptional().describe('When the release is complete.'),
})
  .prefault({})
  .describe('Commands of yours at fixed points.');
