/** Does the probe entrance of a router tell what `confirm` asks for? */
import type { IdentitySpec } from '../../domain/spec.ts';
import { type Finding, fine, messageOf, wrong } from '../finding.ts';
import { askEntrance } from './haproxy/probe.ts';

/** A doctor is in no hurry, and a busy machine is not ill. */
const patienceMs = 10_000;

const told = ['x-gray-pool', 'x-gray-fence', 'x-gray-period'];

/** Never throws: an entrance that does not answer is a finding. */
export async function probeAnswers(
  { probe, identity }: { readonly probe: string; readonly identity: IdentitySpec },
  mend: string,
): Promise<Finding> {
  try {
    const version = { get: '/', version: '$', digest: '$' };
    const { headers } = await askEntrance({ probe, identity, version }, { user: null }, patienceMs);
    const missing = told.filter((header) => !headers[header]);
    if (missing.length === 0) return fine(`the probe entrance ${probe} answers`);
    return wrong(`the probe entrance ${probe} does not send ${missing.join(', ')}`, mend);
  } catch (error) {
    return wrong(`the probe entrance ${probe} does not answer: ${messageOf(error)}`, mend);
  }
}
