import { deployerContract } from './contract.ts';
import { commandHarness } from './harnesses.ts';

deployerContract('command', () => commandHarness());
