import { interruptionContract } from './interruptions.ts';
import { interruptibleSshHarness } from './ssh-harness.ts';

// A worker that dies before a session leaves what the session leaves that dies before its first change.
const met = { session: ['tar', 'mv', 'ln', 'rm', 'restart'], worker: ['ssh'] };
interruptionContract('ssh', met, interruptibleSshHarness, { width: 7, onlyFrozen: ['worker'] });
