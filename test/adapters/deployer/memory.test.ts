import { deployerContract } from './contract.ts';
import { memoryHarness } from './harnesses.ts';

deployerContract('memory', () => memoryHarness());
