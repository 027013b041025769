/** What the Web UI says of a release from its first moment: one line, and a page in plain CommonMark. */
import { durationText } from '../domain/duration.ts';
import { goalText } from '../domain/goal.ts';
import { stageShare } from '../domain/percent.ts';
import type { ReleaseRequest } from '../domain/spec.ts';

const goalOf = ({ spec: { target, artifact }, mode }: ReleaseRequest): string =>
  goalText({ target, version: artifact.version, mode });

/** The server takes 400 bytes, JSON quotes included. */
export const staticSummary = (request: ReleaseRequest): string => cut(`${goalOf(request)}, by ${request.by}`);

export function staticDetails(request: ReleaseRequest): string {
  const { spec, mode, by, reason, requestId } = request;
  const gray = spec.servers.filter((server) => server.gray).length;
  const stages = spec.ramp.stages.map(
    ({ shareBp, segments, holdMs }) => `${stageShare(shareBp, segments)} for ${durationText(holdMs)}`,
  );
  return [
    `# ${goalOf(request)}`,
    '',
    `- asked for by ${by}${reason === '' ? '' : `: ${reason}`}`,
    `- request ${requestId}`,
    `- digest \`${spec.artifact.digest}\``,
    `- ${spec.servers.length} servers, ${gray} of them gray`,
    ...(mode !== 'rollback' ? [`- ramp: ${stages.join(', ')}`] : []),
    '',
    'The tab *Current details* shows where the release is and what may be done now. Every command is an Update and a',
    'Signal of the same name; each tells its JSON. **Request Cancellation** is a full abort: users leave gray and',
    'servers return to base. **Terminate** runs nothing and leaves traffic as it is.',
  ].join('\n');
}

/** Cut by bytes, between characters. */
function cut(text: string): string {
  let kept = text;
  while (Buffer.byteLength(kept) > 360) kept = [...kept].slice(0, -1).join('');
  return kept;
}
