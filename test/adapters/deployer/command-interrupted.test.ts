import { commandHarness } from './harnesses.ts';
import { interruptionContract } from './interruptions.ts';

interruptionContract('command', { program: ['linkSync', 'renameSync', 'kill', 'spawn'] }, () => commandHarness());
