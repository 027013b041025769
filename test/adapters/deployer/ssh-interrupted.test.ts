import { interruptionContract } from './interruptions.ts';
import { interruptibleSshHarness } from './ssh-harness.ts';

const met = { session: ['tar', 'mv', 'ln', 'rm', 'restart'], worker: ['ssh'] };
interruptionContract('ssh', met, interruptibleSshHarness, 6);
