import { interruptionContract } from './contract.ts';
import { commandHarness } from './harnesses.ts';

interruptionContract('command', ['program'], () => commandHarness());
