/** Follows a release to its end: painted over on a terminal, a line per change elsewhere, a JSON object per change with --json. */
import type { Client } from '@temporalio/client';
import { createLogUpdate } from 'log-update';
import { watchRelease } from '../client.ts';
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
    for await (const look of watchRelease(client, target, options)) {
      if ('away' in look) screen.away(look.away);
      else screen.show(last, look.status);
      if ('status' in look) last = look.status;
    }
  } finally {
    screen.done();
  }
  return last === null ? exitStatus.ok : exitOf(last);
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
