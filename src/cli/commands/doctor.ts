/** `gray doctor`: is everything there that this release needs? */
import { adapters } from '../../adapters.ts';
import { diagnose } from '../../doctor/doctor.ts';
import { exitStatus } from '../../domain/errors.ts';
import { artifactOptions, releaseFileOf } from '../release-file.ts';
import { renderFindings } from '../render-findings.ts';
import { print } from '../session.ts';
import { argument, type Verb } from '../verb.ts';

export const doctor: Verb = {
  usage: 'doctor <file>',
  does: 'checks Temporal, workers, router, servers, metrics and clocks for this file, and says how to mend each',
  more: 'Changes nothing. Run it where the worker runs: it looks with the same eyes. Exits 7 when something fails.',
  group: 'Prepare:',
  example: 'gray doctor payments.yml',
  options: artifactOptions,
  run: async (call) => {
    const spec = await releaseFileOf(call, argument(call, 0));
    const findings = await diagnose(spec, { temporal: call.config.temporal, adapters, env: call.io.env });
    const failed = findings.filter(({ kind }) => kind === 'fail').length;
    print(call, { target: spec.target, ok: failed === 0, findings }, () => renderFindings(findings, call.io.color));
    return failed === 0 ? exitStatus.ok : exitStatus.unreachable;
  },
};
