import { deployerContract } from './contract.ts';
import { sshHarness } from './ssh-harness.ts';

deployerContract('ssh', () => sshHarness());
