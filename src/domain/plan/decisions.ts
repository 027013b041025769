/** Where the release waits for a person or for evidence, and what it asks of the servers. */
import { durationText } from '../duration.ts';
import type { PlannedCheck, PlannedGate, PlannedUndecided } from '../plan.ts';
import type { ApprovalSpec, Check, HttpExpectation, ReleaseSpec } from '../spec.ts';
import { undecidedText, whenUndecided } from '../undecided.ts';

export function planGates({ ramp, leveling, data }: ReleaseSpec): PlannedGate[] {
  const pointOfNoReturn = data.pointOfNoReturn === 'leveling';
  return [
    ...ramp.stages.flatMap(({ approval }, index) => gate(`stage ${index + 1}`, approval, false)),
    ...gate('the ramp, before leveling', leveling.approval, pointOfNoReturn),
  ];
}

const gate = (after: string, approval: ApprovalSpec | undefined, pointOfNoReturn: boolean): PlannedGate[] =>
  approval === undefined ? [] : [{ after, ...approval, pointOfNoReturn }];

export const planUndecided = ({ ramp }: ReleaseSpec): PlannedUndecided[] =>
  ramp.stages.map((stage, index) => ({
    stage: `stage ${index + 1}`,
    follows: undecidedText(whenUndecided(ramp, stage)),
  }));

export const planChecks = ({ verify }: ReleaseSpec): PlannedCheck[] => [
  ...verify.deployment.map((check) => planned('deploymentVerification', check)),
  ...verify.gray.map((check) => planned('grayVerification', check)),
];

function planned(phase: PlannedCheck['phase'], check: Check): PlannedCheck {
  const { name, timeoutMs } = check;
  if (check.kind === 'command') return { phase, name, repeat: 1, expects: `exit 0 within ${durationText(timeoutMs)}` };
  return { phase, name, repeat: check.repeat, expects: expectationText(check.expect) };
}

function expectationText({ status, version, headers, json, latencyMs }: HttpExpectation): string {
  return [
    `status ${status}`,
    ...(version ? ['the new version'] : []),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...Object.entries(json).map(([path, value]) => `${path} = ${JSON.stringify(value)}`),
    ...(latencyMs === undefined ? [] : [`within ${durationText(latencyMs)}`]),
  ].join(', ');
}
