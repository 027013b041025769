/** What the Web UI says of a release from its first moment: one line, and a page in plain CommonMark. */
import { durationText } from '../domain/duration.ts';
import { percentOf } from '../domain/percent.ts';
import type { ReleaseRequest } from '../domain/spec.ts';

/** The server takes 400 bytes, JSON quotes included. */
export const staticSummary = ({ spec, mode, by }: ReleaseRequest): string =>
  cut(
    mode === 'release'
      ? `${spec.target} → ${spec.artifact.version}, by ${by}`
      : `${spec.target} back to base, by ${by}`,
  );

export function staticDetails({ spec, mode, by, reason, requestId }: ReleaseRequest): string {
  const gray = spec.servers.filter((server) => server.gray).length;
  const stages = spec.ramp.stages.map(({ shareBp, holdMs }) => `${percentOf(shareBp)} for ${durationText(holdMs)}`);
  return [
    `# ${mode === 'release' ? `${spec.target} → ${spec.artifact.version}` : `${spec.target} back to base`}`,
    '',
    `- asked for by ${by}${reason === '' ? '' : `: ${reason}`}`,
    `- request ${requestId}`,
    `- digest \`${spec.artifact.digest}\``,
    `- ${spec.servers.length} servers, ${gray} of them gray`,
    ...(mode === 'release' ? [`- ramp: ${stages.join(', ')}`] : []),
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
