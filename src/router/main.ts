/** `node router/main.js CONFIG`: what `gray router --config CONFIG` does. */
import { runAsProcess } from './as-process.ts';
import { runRouter } from './run.ts';

await runAsProcess('router', runRouter);
