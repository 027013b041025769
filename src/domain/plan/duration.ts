import type { PlanDuration, PlanStep } from '../plan.ts';
import type { DeployerSpec, ReleaseSpec } from '../spec.ts';
import { longestHoldMs } from '../undecided.ts';

/** From start to leveled, and the watch after it. */
export function planDuration(spec: ReleaseSpec, steps: readonly PlanStep[]): PlanDuration {
  const batches = steps.filter(({ phase }) => phase === 'leveling').length;
  const warmUpMs = (spec.leveling.warmUpMs ?? 0) * Math.max(0, batches - 1);
  const holdsMs = sum(spec.ramp.stages.map((stage) => stage.holdMs));
  const approvals = [...spec.ramp.stages.map((stage) => stage.approval), spec.leveling.approval];
  const gatesMs = sum(approvals.map((approval) => approval?.deadlineMs ?? 0));
  const changesMs = sum(steps.map((step) => changeMs(spec, step.servers.length)));
  return {
    shortestMs: holdsMs + warmUpMs,
    longestMs: sum(spec.ramp.stages.map((stage) => longestHoldMs(spec.ramp, stage))) + gatesMs + changesMs + warmUpMs,
    watchMs: spec.watch.forMs,
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Longest change of so many servers that meets no fault: one drain, then so many at a time. */
function changeMs({ deployment, deployer }: ReleaseSpec, servers: number): number {
  if (servers === 0) return 0;
  return deployment.drainMs + Math.ceil(servers / deployment.parallel) * deployMs(deployer);
}

function deployMs(deployer: DeployerSpec): number {
  switch (deployer.kind) {
    case 'memory':
      return 0;
    case 'process':
      return deployer.stopMs + deployer.readyMs;
    case 'command':
      return deployer.timeoutMs;
    case 'ssh':
      return 2 * deployer.stepMs + deployer.readyMs;
    case 'kubernetes':
      return deployer.pullMs + deployer.readyMs;
    case 'container':
      return deployer.pullMs + deployer.stopMs + deployer.readyMs * (deployer.trialPortOffset === undefined ? 1 : 2);
  }
}
