/** What the client's last words mean, and what to do about them. */
import { GrayError } from '../../../domain/errors.ts';
import type { SshPlace } from './place.ts';

interface Meaning {
  readonly words: RegExp;
  readonly code: 'serverUnreachable' | 'serverRefused';
  readonly says: (host: string) => string;
}

const meanings: readonly Meaning[] = [
  {
    words: /REMOTE HOST IDENTIFICATION HAS CHANGED|host key for .* has changed/i,
    code: 'serverRefused',
    says: (host) =>
      `the host key of ${host} has changed. Somebody may stand between, or the host was set up anew: ask whoever runs ` +
      `it for the new key, then \`ssh-keygen -R ${host}\` and add that key to the known hosts of the worker`,
  },
  {
    words: /host key is known for|Host key verification failed/i,
    code: 'serverRefused',
    says: (host) =>
      `the host key of ${host} is not among the known hosts of the worker: compare what \`ssh-keyscan ${host}\` prints ` +
      'with the key on the host itself, and add it',
  },
  {
    words: /Permission denied|Too many authentication failures|no such identity|UNPROTECTED PRIVATE KEY/i,
    code: 'serverRefused',
    says: (host) =>
      `${host} took none of the worker's keys: put the public key into authorized_keys of that user there, and give the ` +
      'private one by identityFile or the agent (SSH_AUTH_SOCK)',
  },
  {
    words: /Bad configuration option|Bad owner or permissions|bad permissions|Can't open user config/i,
    code: 'serverRefused',
    says: () => 'the settings of the SSH client are refused',
  },
];

const unreachable = (host: string) =>
  `${host} cannot be reached over SSH: check its name, its port and that sshd answers`;

/** For a session that ended without an answer of ours. */
export function sshFault({ server, host, port }: SshPlace, lastWords: string): GrayError {
  const words = spoken(lastWords);
  const place = port === undefined ? host : `[${host}]:${port}`;
  const meaning = meanings.find((one) => one.words.test(lastWords));
  const message = meaning?.says(place) ?? unreachable(place);
  const said = words === '' ? '' : ` (ssh: ${words})`;
  return new GrayError(meaning?.code ?? 'serverUnreachable', `${server}: ${message}${said}`, {
    details: { server, host },
  });
}

/** The line that says most, without the frame of a warning. */
function spoken(lastWords: string): string {
  const lines = lastWords.split('\n').map((line) => line.trim());
  return (
    lines.filter((line) => line !== '' && !line.startsWith('@') && !/^mux_|^ControlSocket/.test(line)).at(-1) ?? ''
  );
}
