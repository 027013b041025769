/** The JSON object of a command, as it comes from a person's hands in the Web UI or from a program. */
import type { CommandInput } from './actions.ts';

export type ReadInput = { readonly input: CommandInput } | { readonly problem: string };

const example = '{"by":"your name","reason":"why"}';

/** `by` is required; a missing `requestId` is made up, so such an input is never a repeat. */
export function readCommandInput(raw: unknown, newId: () => string): ReadInput {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    return { problem: `expected one JSON object such as ${example}` };
  const fields: Record<string, unknown> = { ...raw };
  const { by, reason = '', requestId = newId(), stage, server } = fields;
  const problems = [
    isText(by) ? [] : ['`by` must name who asks'],
    typeof reason === 'string' ? [] : ['`reason` must be text'],
    isText(requestId) ? [] : ['`requestId` must be text'],
    stage === undefined || stage === 'leveling' || isStage(stage)
      ? []
      : ['`stage` must be a number from 1, or `leveling`'],
    server === undefined || isText(server) ? [] : ['`server` must be the id of a server'],
    Object.keys(fields).flatMap((key) => (known.includes(key) ? [] : [`unknown field \`${key}\``])),
  ].flat();
  if (problems.length > 0 || !isText(by) || !isText(requestId))
    return { problem: `${problems.join('; ')}; example: ${example}` };
  return {
    input: {
      by,
      reason: String(reason),
      requestId,
      ...((stage === 'leveling' || isStage(stage)) && { stage }),
      ...(isText(server) && { server }),
    },
  };
}

const known = ['by', 'reason', 'requestId', 'stage', 'server'];

/** Text of a sane length: it is kept in the state and shown on one line. */
const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= 500;

const isStage = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 1;
