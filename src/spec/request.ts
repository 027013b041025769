/** A release request that did not come from a release file: already resolved, as JSON. */
import { InvalidInput } from '../domain/errors.ts';
import type { ReleaseRequest, ReleaseSpec } from '../domain/spec.ts';
import { definedOnes, requiredOne } from './cross-judge.ts';
import { ladderChecks } from './cross-ladder.ts';
import { serverChecks } from './cross-servers.ts';
import { type Finding, finding, toProblems } from './finding.ts';
import { check } from './issues.ts';
import { releaseSpec } from './request/spec.ts';
import { oneOf, section, text } from './scalars.ts';
import { forbidden } from './secrets.ts';

const person = () => text('who asks, on one line of at most 200 characters', /^[^\r\n\0]{1,200}$/);

const releaseRequest = section({
  spec: releaseSpec,
  mode: oneOf(['release', 'rollback', 'rehearsal']),
  by: person(),
  reason: text('a reason of at most 1000 characters', /^[^\0]{0,1000}$/),
  requestId: text('a request id of at most 200 characters without white space', /^[\x21-\x7e]{1,200}$/),
});

/** Throws `InvalidInput` with every problem; paths are those of the request, such as `spec.ramp.stages[1].share`. */
export function parseReleaseRequest(value: unknown): ReleaseRequest {
  if (deeper(value, maxDepth))
    throw refused([finding([], `expected at most ${maxDepth} levels of nesting, found more`)]);
  const checked = check(releaseRequest, value);
  const findings = checked.ok ? within('spec', specChecks(checked.data.spec)) : checked.findings;
  const all = [...forbidden(value), ...findings];
  if (all.length > 0 || !checked.ok)
    throw new InvalidInput(
      'release request',
      toProblems(all, () => undefined),
    );
  return checked.data;
}

const refused = (findings: readonly Finding[]): InvalidInput =>
  new InvalidInput(
    'release request',
    toProblems(findings, () => undefined),
  );

const maxDepth = 40;

const deeper = (value: unknown, limit: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (limit === 0 || Object.values(value).some((inner) => deeper(inner, limit - 1)));

const within = (step: string, findings: readonly Finding[]): Finding[] =>
  findings.map((inner) => ({ ...inner, path: [step, ...inner.path] }));

const specChecks = (spec: ReleaseSpec): Finding[] => [
  ...serverChecks(spec),
  ...ladderChecks(spec.ramp.stages, spec.audience),
  ...requiredOne(spec.judge),
  ...definedOnes(spec.judge, spec.metrics),
];
