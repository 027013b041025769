/** A router writer in a process of its own that stops itself, as SIGSTOP does, at the asked step of a write. */
import { haproxyRouter } from '../../../src/adapters/router/haproxy.ts';
import type { RouterContext } from '../../../src/adapters/router/port.ts';
import { GrayError } from '../../../src/domain/errors.ts';
import type { DesiredRoute } from '../../../src/domain/route.ts';
import type { HaproxyRouterSpec } from '../../../src/domain/spec.ts';

export interface WriterOrder {
  readonly spec: HaproxyRouterSpec;
  readonly context: RouterContext;
  readonly desired: DesiredRoute;
  /** Counted from 0; a write with fewer steps runs to its end. */
  readonly stopAt: number;
}

export interface WriterReport {
  /** `applied`, or the code of the error. */
  readonly outcome: string;
  readonly steps: readonly string[];
}

process.on('message', (order: WriterOrder) => void write(order).then((report) => process.send?.(report)));

async function write({ spec, context, desired, stopAt }: WriterOrder): Promise<WriterReport> {
  const steps: string[] = [];
  const router = haproxyRouter(spec, context, (step) => {
    steps.push(step);
    if (steps.length === stopAt + 1) stop();
  });
  const outcome = await router.apply(desired).then(
    () => 'applied',
    (error: unknown) => (error instanceof GrayError ? error.code : String(error)),
  );
  return { outcome, steps };
}

/** The signal may need a moment; nothing else of this process runs meanwhile. */
function stop(): void {
  process.kill(process.pid, 'SIGSTOP');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
}
