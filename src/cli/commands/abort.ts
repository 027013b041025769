/** `gray abort`: through the engine, or with --direct straight at the router when the engine is away. */

import { createRouter } from '../../adapters/router/index.ts';
import { abortRelease, type DirectAbort, directAbort } from '../../client.ts';
import { actions } from '../../domain/actions.ts';
import { exitStatus, GrayError } from '../../domain/errors.ts';
import { readReleaseFile } from '../../spec.ts';
import { invalid } from '../io.ts';
import { renderDirectAbort } from '../render-direct-abort.ts';
import { askedBy, askedOptions, print, withClient } from '../session.ts';
import { type Call, isSet, textOf, type Verb } from '../verb.ts';

export const abort: Verb = {
  usage: 'abort [target]',
  does: actions.abort.does,
  more:
    `Taken in: ${actions.abort.takenIn}. Without a worker it is recorded and carried out as soon as one runs.\n` +
    'When Temporal is unreachable or the run was terminated, --direct takes users off gray at the router itself.',
  group: 'Decide:',
  example: 'gray abort payments --reason "checkout is slow"',
  options: [
    ...askedOptions,
    ['--direct <file>', 'without the engine: read the release file and write to the router'],
    ['--to-zero', 'with --direct: share 0 also where base cannot carry everybody'],
  ],
  run: async (call) => {
    const file = textOf(call.options, 'direct');
    return file === undefined ? byEngine(call) : direct(call, file);
  },
};

async function byEngine(call: Call): Promise<number> {
  const [target] = call.args;
  if (target === undefined) throw invalid('name the target, or the release file with --direct');
  const reply = await withClient(call, (client) => abortRelease(client, target, askedBy(call))).catch(withWayOut);
  print(call, { target, command: 'abort', ...reply }, () => `${reply.answer}: ${reply.text}`);
  return exitStatus.ok;
}

function withWayOut(error: unknown): never {
  if (!(error instanceof GrayError) || error.code !== 'temporalUnreachable') throw error;
  const text = `${error.message}; \`gray abort --direct FILE\` takes users off gray without it`;
  throw new GrayError(error.code, text, { details: error.details, cause: error.cause });
}

async function direct(call: Call, file: string): Promise<number> {
  const spec = await readReleaseFile(file, { env: call.io.env });
  const [target] = call.args;
  if (target !== undefined && target !== spec.target) throw invalid(`${file} is of ${spec.target}, not of ${target}`);
  const router = createRouter(spec.router, spec);
  const { by, reason } = askedBy(call);
  const done: DirectAbort = await directAbort(spec, router, { toZero: isSet(call.options, 'toZero') });
  print(call, { by, reason, ...done }, () => renderDirectAbort(done));
  return done.confirmation.ok ? exitStatus.ok : exitStatus.defect;
}
