/** `gray validate`: every problem of a release file at once. */
import { exitStatus } from '../../domain/errors.ts';
import { artifactOptions, releaseFileOf } from '../release-file.ts';
import { print } from '../session.ts';
import { argument, type Verb } from '../verb.ts';

export const validate: Verb = {
  usage: 'validate <file>',
  does: 'checks a release file and lists every problem; touches nothing',
  group: 'Prepare:',
  example: 'gray validate payments.yml',
  options: artifactOptions,
  run: async (call) => {
    const file = argument(call, 0);
    const { target, artifact, servers, ramp } = await releaseFileOf(call, file);
    const facts = { ok: true, file, target, version: artifact.version };
    const counts = `${servers.length} servers, ${ramp.stages.length} stages`;
    print(call, facts, () => `${file} is valid: ${target} → ${artifact.version}, ${counts}; next: gray plan ${file}`);
    return exitStatus.ok;
  },
};
