import { deployerContract } from './contract.ts';
import { processHarness } from './harnesses.ts';

deployerContract('process', () => processHarness());
