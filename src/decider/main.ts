/** `node decider/main.js CONFIG`: what `gray decider --config CONFIG` does. */
import { runAsProcess } from '../router/as-process.ts';
import { runDecider } from './decider.ts';

await runAsProcess('decider', runDecider);
