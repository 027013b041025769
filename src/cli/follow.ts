/** Follows a release to its end: painted over on a terminal, a line per change elsewhere, a JSON object per change with --json. */
import type { Client } from '@temporalio/client';
import { createLogUpdate } from 'log-update';
import { type WatchOptions, watchRelease } from '../client.ts';
import { exitStatus } from '../domain/errors.ts';
import type { Status } from '../domain/status.ts';
import { exitOf } from './exit.ts';
import { renderChanges } from './render-changes.ts';
import { renderStatus } from './render-status.ts';
import { linkOf } from './session.ts';
import type { Call } from './verb.ts';

/** Returns the exit status of the outcome. */
export async function follow(call: Call, client: Client, target: string, requestId?: string): Promise<number> {
  const screen = screenOf(call, linkOf(call, client, target));
  let last: Status | null = null;
  try {
    const options = { signal: call.io.interrupted, ...(requestId !== undefined && { requestId }) };
    last = await tell(client, target, options, screen);
  } finally {
    screen.done();
  }
  return last === null ? exitStatus.ok : exitOf(last);
}

/** Tells every change on standard error while `wait` lasts: its own answer is what standard output is for. */
export async function whileTelling<T>(
  call: Call,
  client: Client,
  { target, requestId }: { readonly target: string; readonly requestId: string },
  wait: () => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const screen = plainLines({ ...call, io: { ...call.io, out: call.io.err } }, null);
  const telling = tell(client, target, { requestId, signal: over.signal }, screen).catch(() => undefined);
  try {
    return await wait();
  } finally {
    over.abort();
    await telling;
  }
}

async function tell(client: Client, target: string, options: WatchOptions, screen: Screen): Promise<Status | null> {
  let last: Status | null = null;
  for await (const look of watchRelease(client, target, options)) {
    if ('away' in look) screen.away(look.away);
    else screen.show(last, look.status);
    if ('status' in look) last = look.status;
  }
  return last;
}

interface Screen {
  readonly show: (before: Status | null, now: Status) => void;
  readonly away: (why: string) => void;
  readonly done: () => void;
}

function screenOf(call: Call, link: string | null): Screen {
  if (call.json) return jsonLines(call);
  return call.io.terminal ? livePicture(call, link) : plainLines(call, link);
}

function livePicture({ io }: Call, link: string | null): Screen {
  const paint = createLogUpdate(process.stdout, { showCursor: true });
  let shown: string[] = [];
  return {
    show: (_before, now) => {
      shown = renderStatus(now, { nowMs: Date.now(), color: io.color, link, journal: 10 });
      paint(shown.join('\n'));
    },
    away: (why) => paint([...shown, '', `Temporal is away: ${why}`].join('\n')),
    done: () => paint.done(),
  };
}

function plainLines({ io }: Call, link: string | null): Screen {
  let told = '';
  if (link !== null) io.out(`link: ${link}`);
  return {
    show: (before, now) => {
      told = '';
      for (const line of renderChanges(before, now)) io.out(line);
    },
    away: (why) => {
      if (why !== told) io.err(`Temporal is away: ${why}`);
      told = why;
    },
    done: () => undefined,
  };
}

function jsonLines({ io }: Call): Screen {
  return {
    show: (before, now) => {
      if (before === null || renderChanges(before, now).length > 0) io.out(JSON.stringify(now));
    },
    away: (why) => io.err(`Temporal is away: ${why}`),
    done: () => undefined,
  };
}
