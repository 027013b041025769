/** Any router, with faults put in at chosen calls: what a test needs to ask "and if it breaks right here?". */
import { GrayError } from '../../domain/errors.ts';
import type { Router } from './port.ts';

export type RouterMethod = 'read' | 'apply' | 'confirm' | 'drain';

export interface Fault {
  readonly method: RouterMethod;
  /** 1 is the first call of this method from now on. */
  readonly call: number;
  /** `before`: nothing happened. `after`: it took effect and the reply was lost. */
  readonly at: 'before' | 'after';
  /** `routerUnreachable` when not said. */
  readonly error?: Error;
}

/** `router` with faults; `inject` adds one and may be called at any time. */
export function faultyRouter(router: Router): Router & { inject(fault: Fault): void } {
  const pending: { fault: Fault; left: number }[] = [];
  const due = (method: RouterMethod): Fault | undefined => {
    for (const entry of pending) if (entry.fault.method === method) entry.left -= 1;
    const at = pending.findIndex((entry) => entry.fault.method === method && entry.left === 0);
    return at === -1 ? undefined : pending.splice(at, 1)[0]?.fault;
  };
  const guarded = async <T>(method: RouterMethod, call: () => Promise<T>): Promise<T> => {
    const fault = due(method);
    if (fault?.at === 'before') throw faultError(fault);
    const result = await call();
    if (fault?.at === 'after') throw faultError(fault);
    return result;
  };
  return {
    abilities: router.abilities,
    inject: (fault) => void pending.push({ fault, left: fault.call }),
    read: () => guarded('read', () => router.read()),
    apply: (desired) => guarded('apply', () => router.apply(desired)),
    confirm: (request) => guarded('confirm', () => router.confirm(request)),
    drain: (request) => guarded('drain', () => router.drain(request)),
  };
}

const faultError = ({ method, at, error }: Fault): Error =>
  error ?? new GrayError('routerUnreachable', `injected: ${method} ${at === 'before' ? 'failed' : 'lost its reply'}`);
