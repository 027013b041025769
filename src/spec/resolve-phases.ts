/** Capacity and the phases that change servers: counts are counted out of percents, now that the servers are known. */
import { fasterBack } from '../domain/parallel.ts';
import type { ApprovalSpec, CapacitySpec, ExceptionSpec, LevelingSpec } from '../domain/spec.ts';
import type { ReleaseFile } from './file.ts';

type CountOrPercent = number | { readonly bp: number };

/** Rounded down, at least 1. */
const countOf = (value: CountOrPercent, servers: number): number =>
  typeof value === 'number' ? value : Math.max(1, Math.floor((servers * value.bp) / 10_000));

/** More at the same time serve nobody: a worker's connections are bounded too. */
const parallelOf = (value: CountOrPercent, servers: number): number => Math.min(100, countOf(value, servers));

/** A floor is rounded up. */
export function resolveCapacity({ capacity: { maxLoad, minServing }, servers }: ReleaseFile): CapacitySpec {
  if (minServing === undefined) return { maxLoad };
  const normal = servers.filter(({ spare }) => !spare).length;
  return {
    maxLoad,
    minServing: typeof minServing === 'number' ? minServing : Math.ceil((normal * minServing.bp) / 10_000),
  };
}

export const forwardParallel = ({ deployment, servers }: ReleaseFile): number =>
  parallelOf(deployment.parallel, servers.length);

export function resolveLeveling({ leveling, servers, data }: ReleaseFile): LevelingSpec {
  const { batch, byZone, warmUp, approval, onServerFailure } = leveling;
  return {
    batch: countOf(batch, servers.filter((server) => !server.gray).length),
    byZone,
    ...(warmUp === undefined ? {} : { warmUpMs: warmUp }),
    onServerFailure,
    ...(approval === undefined ? pointOfNoReturnGate(data) : { approval: resolveApproval(approval) }),
  };
}

export const resolveApproval = ({
  deadline,
  otherwise,
}: NonNullable<ReleaseFile['leveling']['approval']>): ApprovalSpec => ({ deadlineMs: deadline, otherwise });

/** Entering a point of no return is a gate, whether the file asks for one or not. */
const pointOfNoReturnGate = (data: ReleaseFile['data']): Pick<LevelingSpec, 'approval'> =>
  data?.pointOfNoReturn === 'leveling' ? { approval: { deadlineMs: 4 * 3_600_000, otherwise: 'hold' } } : {};

export function resolveException(file: ReleaseFile): ExceptionSpec {
  const { policy, holdFor, drain, crashLoop, onDrift, batch, parallel } = file.exception;
  const all = file.servers.length;
  return {
    ...{ policy, holdForMs: holdFor, drainMs: drain, crashLoop, onDrift },
    ...(batch === undefined ? {} : { batch: countOf(batch, all) }),
    parallel: parallel === undefined ? fasterBack(forwardParallel(file)) : parallelOf(parallel, all),
  };
}
