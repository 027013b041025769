/** Tells people, beside the release: nothing waits for a notification. */
import { CancellationScope } from '@temporalio/workflow';
import type { NotifyOrder } from '../activities/orders.ts';
import { notify } from './proxies.ts';
import type { Run } from './run.ts';

export function announce(
  run: Run,
  kind: string,
  text: string,
  severity: NotifyOrder['event']['severity'] = 'info',
): void {
  const { notify: notifiers, target, artifact } = run.spec;
  if (notifiers.length === 0) return;
  const at = new Date(Date.now()).toISOString();
  const event = {
    kind,
    target,
    release: run.release,
    version: artifact.version,
    text,
    severity,
    at,
    id: `${run.release}-${kind}-${at}`,
  };
  const sent = CancellationScope.nonCancellable(() =>
    notify.executeWithOptions({ summary: text.slice(0, 100) }, [{ notifiers, event }]),
  )
    .catch(() => undefined)
    .finally(() => run.messages.delete(sent));
  run.messages.add(sent);
}
