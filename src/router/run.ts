/** A router as a process: ready line, SIGTERM lets open requests end, a second signal ends at once. */
import type { Writable } from 'node:stream';
import { readRouterConfig } from './config.ts';
import { startRouter } from './router.ts';

/** Resolves when the router was told to stop and has stopped. Throws `InvalidInput` for a bad configuration. */
export async function runRouter(configFile: string, out: Writable = process.stdout): Promise<void> {
  const config = await readRouterConfig(configFile);
  const stopAsked = signalled();
  const router = await startRouter(config);
  const { entrance, probe, admin, metrics } = router;
  out.write(
    `${JSON.stringify({ ready: true, pid: process.pid, target: config.target, entrance, probe, admin, metrics })}\n`,
  );
  await stopAsked;
  await router.stop();
}

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process. */
export function signalled(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = () => {
      if (asked) process.exit(130);
      asked = true;
      resolve();
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}
