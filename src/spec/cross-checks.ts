/** What no section can say alone: names that must be known elsewhere, servers that must differ, orders that must hold. */

import { routerChecks } from './cross-adapters.ts';
import { judgeChecks } from './cross-judge.ts';
import { fileLadderChecks } from './cross-ladder.ts';
import { phaseChecks } from './cross-phases.ts';
import { serverChecks } from './cross-servers.ts';
import type { GoodSections } from './file.ts';
import type { Finding } from './finding.ts';

export interface Allowed {
  /** Adapters of kind memory move no traffic and start nothing; only tests may use them. */
  readonly memory: boolean;
}

/** Every check runs whose sections are right by themselves, so that one slip hides no other. */
export const crossChecks = (sections: GoodSections, allowed: Allowed): Finding[] => [
  ...serverChecks(sections),
  ...routerChecks(sections, allowed),
  ...judgeChecks(sections),
  ...phaseChecks(sections),
  ...fileLadderChecks(sections),
];
