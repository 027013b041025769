/** An HTTP check: its repeats one after another, each on a connection of its own, none of them tried again. */
import type { HttpCheck } from '../../domain/spec.ts';
import { askServer } from '../server-request.ts';
import { isUnreachable, versionIn } from '../version-probe.ts';
import type { TimedAnswer } from './expectations.ts';
import { firstProblem, versionOf, versionProblem } from './expectations.ts';
import { askedAt, identityHeaders } from './place.ts';
import type { CheckPlace, CheckResult } from './port.ts';

export async function runHttpCheck(check: HttpCheck, where: CheckPlace, signal?: AbortSignal): Promise<CheckResult> {
  const problems: string[] = [];
  let runs = 0;
  // The verdict stands after the first failure; a few more show whether every answer is bad.
  while (runs < check.repeat && problems.length < mostFailures) {
    const problem = await attempt(check, where, signal);
    signal?.throwIfAborted();
    runs += 1;
    if (problem !== null) problems.push(problem);
  }
  const [problem] = problems;
  const result = { name: check.name, ok: problem === undefined, runs, failures: problems.length };
  return problem === undefined ? result : { ...result, problem };
}

const mostFailures = 3;

async function attempt(check: HttpCheck, where: CheckPlace, signal?: AbortSignal): Promise<string | null> {
  try {
    const answer = await ask(check, where, { path: check.path, method: check.method, body: check.body, signal });
    const problem = firstProblem(answer, check.expect);
    return problem ?? (check.expect.version ? await wrongVersion(check, where, answer, signal) : null);
  } catch (error) {
    return `${check.method} ${check.path}: ${error instanceof Error ? wordOf(error) : String(error)}`;
  }
}

// Node's error for a name with several addresses has a code and no message.
const wordOf = (error: Error): string =>
  error.message || ('code' in error && typeof error.code === 'string' ? error.code : error.name);

interface Question {
  readonly path: string;
  readonly method: HttpCheck['method'];
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

async function ask(check: HttpCheck, where: CheckPlace, { body, ...question }: Question): Promise<TimedAnswer> {
  const asked = askedAt(where, question.path);
  if (asked === null) throw new Error('the entrance of the router is no http URL');
  const startedAt = performance.now();
  const answer = await askServer(asked.server, {
    ...question,
    path: asked.path,
    headers: headersOf(check, where),
    timeoutMs: check.timeoutMs,
    ...(body === undefined ? {} : { body }),
  });
  return { ...answer, tookMs: performance.now() - startedAt };
}

function headersOf({ headers, as: user }: HttpCheck, where: CheckPlace): Readonly<Record<string, string>> {
  const own = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  if (where.at === 'server' || user === undefined) return own;
  return { ...own, ...identityHeaders(where.identity, user, own.cookie) };
}

/** The version named by the answer itself, else by the version probe, asked the same way as the same user. */
async function wrongVersion(
  check: HttpCheck,
  where: CheckPlace,
  answer: TimedAnswer,
  signal?: AbortSignal,
): Promise<string | null> {
  const named = versionOf(answer.body, where.version);
  if (named !== null) return versionProblem(named, where.expected);
  const probed = await ask(check, where, { path: where.version.get, method: 'GET', signal });
  if (probed.status !== 200) return `expected ${where.version.get} to name the version, got status ${probed.status}`;
  const found = versionIn(probed.body, where.version);
  return isUnreachable(found) ? found.unreachable : versionProblem(found, where.expected);
}
