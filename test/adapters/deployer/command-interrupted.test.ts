import { interruptionContract } from './contract.ts';
import { commandHarness } from './harnesses.ts';

interruptionContract('command', { program: ['linkSync', 'renameSync', 'kill', 'spawn'] }, () => commandHarness());
