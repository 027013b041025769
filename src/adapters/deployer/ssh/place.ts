/** Where a server is reached over SSH and what is run there: the spec, with the server's own `deploy` and names filled in. */
import { z } from 'zod';
import { GrayError } from '../../../domain/errors.ts';
import type { ServerSpec } from '../../../domain/server.ts';
import type { SshDeployerSpec, SshServerSpec, SshService } from '../../../domain/spec.ts';

export interface SshPlace {
  readonly server: string;
  readonly host: string;
  readonly port: number | undefined;
  readonly user: string | undefined;
  /** Absolute. */
  readonly dir: string;
  readonly restart: readonly string[];
  /** How to ask for the server's process: what answers, and its words. */
  readonly process: readonly ['unit' | 'pid', ...string[]] | readonly ['none'];
  readonly log: readonly string[] | null;
  readonly ask: readonly string[] | null;
  readonly unit: string | null;
}

/** None of these can be taken for an option or leave its place in a command line or a path. */
export const hostPattern = /^(?!-)[A-Za-z0-9._-]{1,253}$|^[0-9A-Fa-f:.]{2,45}(%[A-Za-z0-9]{1,15})?$/;
export const userPattern = /^[A-Za-z_][A-Za-z0-9._-]{0,63}$/;
export const unitPattern = /^[A-Za-z0-9:_.\\][A-Za-z0-9:_.\\@-]{0,200}$/;
export const dirPattern = /^(\/(?!\.{1,2}(\/|$))[^/\p{Cc}]{1,255}){1,40}$/u;

export const sshServer: z.ZodType<SshServerSpec> = z.strictObject({
  host: z.string().regex(hostPattern, { error: 'expected a host name or address' }).exactOptional(),
  port: z.int().min(1).max(65_535).exactOptional(),
  user: z.string().regex(userPattern, { error: 'expected a user name' }).exactOptional(),
  dir: z.string().max(1_000).exactOptional(),
  unit: z.string().max(200).exactOptional(),
});

/** Throws `invalidInput` when the server's `deploy`, or what becomes of a placeholder, is not what a host can be asked for. */
export function placeOf(spec: SshDeployerSpec, server: ServerSpec): SshPlace {
  const own = ownSettings(server);
  const fill = filler(server);
  const checked = (what: string, pattern: RegExp, value: string) => {
    if (pattern.test(value)) return value;
    throw wrong(server, `${what} cannot be ${JSON.stringify(value)}`);
  };
  const service = 'unit' in spec.service ? { ...spec.service, unit: own.unit ?? spec.service.unit } : spec.service;
  const unit = 'unit' in service ? checked('the unit', unitPattern, fill(service.unit)) : null;
  return {
    server: server.id,
    host: checked('the host', hostPattern, own.host ?? server.address.host),
    port: own.port ?? spec.port,
    user: own.user ?? spec.user,
    dir: checked('the folder', dirPattern, fill(own.dir ?? spec.dir)),
    ask: spec.ask?.map(fill) ?? null,
    unit,
    ...wordsOf(service, unit, fill),
  };
}

type Words = Pick<SshPlace, 'restart' | 'process' | 'log'>;

function wordsOf(service: SshService, unit: string | null, fill: (text: string) => string): Words {
  if ('restart' in service) {
    const { restart, pid, log } = service;
    return {
      restart: restart.map(fill),
      process: pid === undefined ? ['none'] : ['pid', ...pid.map(fill)],
      log: log?.map(fill) ?? null,
    };
  }
  return systemdWords(service.as, unit ?? service.unit);
}

const processProperties = ['MainPID', 'ExecMainStartTimestampMonotonic', 'ActiveState'].map(
  (name) => `--property=${name}`,
);

/** What is run for a unit. `sudo` only for the restart: its line in sudoers needs to allow nothing else. */
export function systemdWords(as: 'sudo' | 'self' | 'user', unit: string): Words {
  const user = as === 'user' ? ['--user'] : [];
  return {
    restart: [...(as === 'sudo' ? ['sudo', '-n'] : []), 'systemctl', ...user, 'restart', unit],
    process: ['unit', 'systemctl', ...user, 'show', ...processProperties, unit],
    log: ['journalctl', ...user, '--unit', unit, '--lines', '10', '--no-pager', '--output', 'cat'],
  };
}

function ownSettings(server: ServerSpec): SshServerSpec {
  const own = sshServer.safeParse(server.deploy ?? {});
  if (own.success) return own.data;
  throw wrong(
    server,
    own.error.issues.map(({ path, message }) => `${['deploy', ...path].join('.')}: ${message}`).join('; '),
  );
}

const wrong = ({ id }: ServerSpec, reason: string): GrayError =>
  new GrayError('invalidInput', `${id}: ${reason}`, { details: { server: id } });

function filler({ id, address }: ServerSpec): (text: string) => string {
  const values: Readonly<Record<string, string>> = { server: id, host: address.host, port: String(address.port) };
  return (text) => text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}
