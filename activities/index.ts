/** The activities, in the two sets that the two task queues serve. */
import { checkEntrance, checkServers, runHook } from './checks.ts';
import { deploy, readServers } from './deploy.ts';
import type { Adapters } from './deps.ts';
import { activity } from './fault.ts';
import { notify } from './notify.ts';
import { observe } from './observe.ts';
import { preflight } from './preflight.ts';
import { route } from './route.ts';

/** On the control queue, beside the workflow: nothing here takes long. */
export const createControlActivities = (adapters: Adapters) => ({
  route: activity(route(adapters)),
});

/** On the work queue: what takes long, or may hang. */
export const createWorkActivities = (adapters: Adapters) => ({
  preflight: activity(preflight(adapters)),
  deploy: activity(deploy(adapters)),
  readServers: activity(readServers(adapters)),
  checkServers: activity(checkServers(adapters)),
  checkEntrance: activity(checkEntrance(adapters)),
  observe: activity(observe(adapters)),
  runHook: activity(runHook(adapters)),
  notify: activity(notify(adapters)),
});

export type ControlActivities = ReturnType<typeof createControlActivities>;
export type WorkActivities = ReturnType<typeof createWorkActivities>;
