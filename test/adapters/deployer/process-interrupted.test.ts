import { interruptionContract } from './contract.ts';
import { processHarness } from './harnesses.ts';

interruptionContract('process', ['switch', 'worker'], () => processHarness());
