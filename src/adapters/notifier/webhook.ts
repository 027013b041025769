/** POSTs events to a URL, as plain JSON or in Slack's shape. The URL is a secret: it appears in no error and no log. */
import pRetry, { AbortError } from 'p-retry';
import { GrayError } from '../../domain/errors.ts';
import type { WebhookNotifierSpec } from '../../domain/spec.ts';
import { placeOf } from '../base-url.ts';
import { askServer } from '../server-request.ts';
import type { Notifier, ReleaseEvent } from './port.ts';

export interface WebhookOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
  /** Before the second try; doubled before the third. */
  readonly pauseMs?: number;
}

export function webhookNotifier(spec: WebhookNotifierSpec, options: WebhookOptions = {}): Notifier {
  const { env = process.env, pauseMs = 500 } = options;
  return {
    notify: (event) =>
      pRetry(() => post(spec, event, { ...options, env }), { retries: 2, minTimeout: pauseMs, factor: 2 }),
  };
}

async function post(spec: WebhookNotifierSpec, event: ReleaseEvent, options: WebhookOptions): Promise<void> {
  const url = options.env?.[spec.urlEnv];
  if (url === undefined || url === '') throw final(`environment variable ${spec.urlEnv} is not set`);
  const place = placeOf(url);
  if (place === null) throw final(`environment variable ${spec.urlEnv} holds no http URL`);
  const status = await deliver(place, spec, event, options.timeoutMs ?? 5_000);
  if (status >= 200 && status < 300) return;
  const problem = `the webhook in ${spec.urlEnv} answered status ${status}`;
  throw status === 429 || status >= 500 ? failed(problem) : final(problem);
}

async function deliver(
  { server, path }: { readonly server: Parameters<typeof askServer>[0]; readonly path: string },
  spec: WebhookNotifierSpec,
  event: ReleaseEvent,
  timeoutMs: number,
): Promise<number> {
  const body = JSON.stringify(spec.format === 'slack' ? slackMessage(event) : event);
  const headers = { 'content-type': 'application/json', 'idempotency-key': event.id };
  try {
    return (await askServer(server, { path, method: 'POST', headers, body, timeoutMs, maxBytes: 64 * 1024 })).status;
  } catch (error) {
    // Without its cause: network errors quote host and path.
    throw failed(`the webhook in ${spec.urlEnv} did not answer: ${wordOf(error, timeoutMs)}`);
  }
}

const wordOf = (error: unknown, timeoutMs: number): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : `within ${timeoutMs} ms`;

const failed = (problem: string): GrayError => new GrayError('notifyFailed', problem);

/** Another try would not help. */
const final = (problem: string): AbortError => new AbortError(failed(problem));

/** Slack's incoming webhook; Mattermost and Rocket.Chat read the same. */
function slackMessage(event: ReleaseEvent): Readonly<Record<string, unknown>> {
  const line = `${icons[event.severity]} *${escaped(event.target)}* ${escaped(event.version)}: ${escaped(event.text)}`;
  const context = `${escaped(event.release)} · ${event.kind} · ${event.at}`;
  return {
    text: line,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: line.slice(0, longestBlock) } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: context.slice(0, longestBlock) }] },
    ],
  };
}

const icons = { info: ':information_source:', warning: ':warning:', alarm: ':rotating_light:' } as const;

/** Slack refuses longer texts. */
const longestBlock = 3_000;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
