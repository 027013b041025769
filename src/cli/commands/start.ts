/** `gray start`: the release file, checked and handed to the engine. */
import type { Client } from '@temporalio/client';
import ms from 'ms';
import { type StartedRelease, startRelease, waitForRelease } from '../../client.ts';
import { exitStatus } from '../../domain/errors.ts';
import { exitOf } from '../exit.ts';
import { follow, whileTelling } from '../follow.ts';
import { invalid } from '../io.ts';
import { artifactOptions, releaseFileOf } from '../release-file.ts';
import { renderStatus } from '../render-status.ts';
import { askedBy, askedOptions, linkOf, print, withClient } from '../session.ts';
import { argument, type Call, isSet, textOf, type Verb } from '../verb.ts';

export const start: Verb = {
  usage: 'start <file>',
  does: 'starts a release',
  more: 'Returns at once; --wait returns when every server is proven (leveled) or the release has ended otherwise,\nwith the exit status of its outcome. The same --request-id starts nothing twice, also after the release closed.',
  group: 'Release:',
  example: 'gray start payments.yml --version 1.4.2 --artifact ./builds/1.4.2.tgz --wait --reason "INC-7"',
  options: [
    ...artifactOptions,
    ...askedOptions,
    [
      '--rehearse',
      'release what runs already to itself: counts how often the judge would roll back, changes no server',
    ],
    ['--finish-watch', 'end a release of this target that is in its watch, then start'],
    ['--wait', 'return when leveled or ended'],
    ['--watch', 'show the release live until it has closed'],
    ['--timeout <duration>', 'longest wait, such as 2h; the release goes on'],
  ],
  run: async (call) => {
    const spec = await releaseFileOf(call, argument(call, 0));
    const timeoutMs = durationOf(call, 'timeout');
    return withClient(call, async (client) => {
      const finishWatch = isSet(call.options, 'finishWatch');
      const mode = isSet(call.options, 'rehearse') ? 'rehearsal' : 'release';
      const started = await startRelease(client, { spec, mode, ...askedBy(call), finishWatch });
      const link = linkOf(call, client, started.target, started.runId);
      if (isSet(call.options, 'watch')) {
        announce(call, started, link);
        return follow(call, client, started.target, started.requestId);
      }
      if (isSet(call.options, 'wait')) {
        announce(call, started, link);
        return wait(call, client, started, timeoutMs);
      }
      print(call, { ...started, link }, () => startedLines(started, link));
      return exitStatus.ok;
    });
  },
};

async function wait(call: Call, client: Client, started: StartedRelease, timeoutMs: number | null): Promise<number> {
  const { target, requestId, runId } = started;
  const status = await whileTelling(call, client, started, () =>
    waitForRelease(client, target, {
      until: 'leveled',
      requestId,
      signal: call.io.interrupted,
      ...(timeoutMs !== null && { timeoutMs }),
    }),
  );
  const link = linkOf(call, client, target, runId);
  const view = { nowMs: Date.now(), color: call.io.color, link };
  print(call, { ...status, link }, () => renderStatus(status, view));
  return exitOf(status);
}

/** On the way to a later answer, so that standard output stays that answer's. */
function announce(call: Call, started: StartedRelease, link: string | null): void {
  for (const line of startedLines(started, link)) (call.json ? call.io.err : call.io.out)(line);
}

function startedLines({ target, version, already, requestId }: StartedRelease, link: string | null): string[] {
  const what = already ? 'was started before by this request' : 'started';
  return [
    `release of ${target} ${version} ${what} (request ${requestId})`,
    ...(link === null ? [] : [`link: ${link}`]),
    `next: gray watch ${target}`,
  ];
}

function durationOf({ options }: Call, name: string): number | null {
  const text = textOf(options, name);
  if (text === undefined) return null;
  const value = isDuration(text) ? ms(text) : Number.NaN;
  if (!(value > 0)) throw invalid(`--${name} expects a duration such as 30m or 2h, not ${text}`);
  return value;
}

const isDuration = (text: string): text is ms.StringValue => /^\d+(\.\d+)?\s?(ms|s|m|h|d)$/.test(text);
