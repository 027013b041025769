/** What an abort is compared with: a workflow whose one Update awaits one activity that does nothing. */
import { condition, defineSignal, defineUpdate, proxyActivities, setHandler } from '@temporalio/workflow';

const { nothing } = proxyActivities<{ nothing(): Promise<void> }>({ startToCloseTimeout: 5_000 });

export async function baseline(): Promise<void> {
  let over = false;
  setHandler(defineUpdate('ask'), () => nothing());
  setHandler(defineSignal('end'), () => {
    over = true;
  });
  await condition(() => over);
}
