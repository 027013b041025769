/** Instant queries at a Prometheus server. An answer that is odd in any way is a reason, never a number. */
import { joinPath, placeOf } from '../base-url.ts';
import { askServer } from '../server-request.ts';

export interface QueryPlace {
  readonly url: string;
  readonly tokenEnv?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
}

export interface Row {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Rows of finite, non-negative values. Throws one sentence otherwise; the token is in none. */
export async function instantQuery(
  place: QueryPlace,
  query: string,
  atMs: number,
  signal?: AbortSignal,
): Promise<Row[]> {
  const at = placeOf(place.url);
  if (at === null) throw new Error('metrics.url is no http URL');
  const answer = await askServer(at.server, {
    path: joinPath(at.path, '/api/v1/query'),
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...authorization(place) },
    body: new URLSearchParams({ query, time: String(atMs / 1_000), timeout: '5s' }).toString(),
    timeoutMs: 6_000,
    signal,
  }).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw new Error(`Prometheus cannot be asked: ${wordOf(cause)}`, { cause });
  });
  return rowsOf(answer.status, parseJson(answer.body));
}

function authorization({ tokenEnv, env = process.env }: QueryPlace): Record<string, string> {
  if (tokenEnv === undefined) return {};
  const token = env[tokenEnv]?.trim();
  if (!token) throw new Error(`environment variable ${tokenEnv} is not set`);
  // A line break in the token would be quoted by the header check of the HTTP client.
  if (!/^[\x21-\x7e]+$/.test(token)) throw new Error(`environment variable ${tokenEnv} holds no bearer token`);
  return { authorization: `Bearer ${token}` };
}

const wordOf = (cause: unknown): string => (cause instanceof Error ? cause.message || cause.name : String(cause));

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

function rowsOf(status: number, body: unknown): Row[] {
  if (!isRecord(body) || body.status !== 'success' || !isRecord(body.data)) {
    const said = isRecord(body) && typeof body.error === 'string' ? `: ${body.error.slice(0, 200)}` : '';
    throw new Error(`Prometheus answered status ${status}${said}`);
  }
  if (Array.isArray(body.warnings) && body.warnings.length > 0) {
    throw new Error(`Prometheus warns: ${String(body.warnings[0]).slice(0, 200)}`);
  }
  const { resultType, result } = body.data;
  if (resultType !== 'vector' || !Array.isArray(result)) throw new Error(`the query gives a ${String(resultType)}`);
  return result.map(rowOf);
}

function rowOf(entry: unknown): Row {
  if (!isRecord(entry) || !isRecord(entry.metric) || !Array.isArray(entry.value)) {
    throw new Error('Prometheus answered a row that is none');
  }
  const text: unknown = entry.value[1];
  const value = typeof text === 'string' && text !== '' ? Number(text) : Number.NaN;
  // Differences of two extrapolations may fall a little short of zero.
  if (!Number.isFinite(value) || value < -1) throw new Error(`the query gives ${String(text)}`);
  const labels = Object.entries(entry.metric).map(([label, named]) => [label, String(named)]);
  return { labels: Object.fromEntries(labels), value: Math.max(0, value) };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
