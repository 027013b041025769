/** The system's own `ssh`, started with an argument array: it knows the user's agent, known hosts and jump hosts. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SshDeployerSpec } from '../../../domain/spec.ts';
import type { SshPlace } from './place.ts';

/** How long a connection without a session stays for the next one. */
const persistS = 20;

/** What runs on the server, the same for every call: the first line it reads is the script, the rest belongs to that. */
export const remoteCommand = `exec /bin/sh -c 'IFS= read -r s && eval "$(printf %s "$s" | base64 -d)"'`;

/** Arguments of `ssh` for one session at `place`. */
export function sshArguments(spec: SshDeployerSpec, place: SshPlace): readonly string[] {
  const { identityFile, knownHostsFile, configFile } = spec;
  return [
    '-T',
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...(identityFile === undefined ? [] : ['-i', identityFile, '-o', 'IdentitiesOnly=yes']),
    ...(knownHostsFile === undefined ? [] : options({ UserKnownHostsFile: knownHosts(knownHostsFile) })),
    ...(knownHostsFile === undefined ? [] : options({ GlobalKnownHostsFile: 'none' })),
    ...options(safety(spec)),
    ...options(sharing(spec, place)),
    ...(place.user === undefined ? [] : ['-l', place.user]),
    ...(place.port === undefined ? [] : ['-p', String(place.port)]),
    '--',
    place.host,
    remoteCommand,
  ];
}

const safety = ({ hostKeys, connectMs }: SshDeployerSpec) => ({
  StrictHostKeyChecking: hostKeys === 'known' ? 'yes' : 'accept-new',
  BatchMode: 'yes',
  ConnectTimeout: String(Math.ceil(connectMs / 1_000)),
  ServerAliveInterval: String(Math.ceil(connectMs / 3_000)),
  ServerAliveCountMax: '2',
  ForwardAgent: 'no',
  ForwardX11: 'no',
  ClearAllForwardings: 'yes',
  PermitLocalCommand: 'no',
  RemoteCommand: 'none',
  RequestTTY: 'no',
  UpdateHostKeys: 'no',
  LogLevel: 'ERROR',
});

/** One connection for the sessions of a server, this process's own: nobody else's settings stand behind it. */
function sharing(spec: SshDeployerSpec, place: SshPlace): Readonly<Record<string, string>> {
  const { user, port, host } = place;
  const settings = [spec.identityFile, spec.knownHostsFile, spec.configFile, spec.hostKeys, user, port, host];
  const path = join(sharedFolder(), createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16));
  // The client adds 17 characters while it makes the socket, and a socket's path has room for 107.
  if (Buffer.byteLength(path) > 88) return { ControlMaster: 'no', ControlPath: 'none' };
  return { ControlMaster: 'auto', ControlPath: path, ControlPersist: String(persistS) };
}

let folder: string | undefined;

function sharedFolder(): string {
  if (folder === undefined) {
    process.once('exit', forgetConnections);
    folder = mkdtempSync(join(tmpdir(), 'gray-ssh-'));
  }
  return folder;
}

/** Open connections end when they have been idle for a while; later sessions open new ones. */
export function forgetConnections(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
}

// The client splits this option at spaces, and reads % and quotes as its own.
const knownHosts = (file: string): string => `"${file.replaceAll('%', '%%')}"`;

const options = (values: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(values).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
