/** Asks a running server which version it is: the only source of truth about what runs. */
import type { RunningVersion, VersionProbe } from '../domain/artifact.ts';
import { jsonPath } from './json-path.ts';
import { askServer, type Reachable } from './server-request.ts';

/** Nobody answered, or the answer named no version. The reason is one sentence without a full stop. */
export interface Unreachable {
  readonly unreachable: string;
}

export interface ProbeOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Throws only when `signal` fires, and then its reason. */
export async function readVersion(
  server: Reachable,
  probe: VersionProbe,
  options: ProbeOptions,
): Promise<RunningVersion | Unreachable> {
  try {
    const answer = await askServer(server, { path: probe.get, ...options, maxBytes: 64 * 1024 });
    if (answer.status !== 200) return { unreachable: `${probe.get} answered status ${answer.status}` };
    return versionIn(answer.body, probe);
  } catch (error) {
    options.signal?.throwIfAborted();
    return { unreachable: `${probe.get}: ${reasonOf(error)}` };
  }
}

/** Version and digest in the body of a probe's answer. */
export function versionIn(body: string, probe: VersionProbe): RunningVersion | Unreachable {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return { unreachable: `${probe.get} did not answer JSON` };
  }
  const version = jsonPath(json, probe.version);
  const digest = jsonPath(json, probe.digest);
  if (typeof version !== 'string') return { unreachable: `${probe.get} has no text at ${probe.version}` };
  if (typeof digest !== 'string') return { unreachable: `${probe.get} has no text at ${probe.digest}` };
  return { version, digest };
}

export const isUnreachable = (answer: RunningVersion | Unreachable): answer is Unreachable => 'unreachable' in answer;

// Node's error for a name with several addresses has a code and no message.
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : error.name;
}
