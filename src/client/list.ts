/** Releases as Temporal's visibility knows them: a moment behind, across all targets. */
import type { Client } from '@temporalio/client';
import { GrayError } from '../domain/errors.ts';
import { workflowType } from '../domain/names.ts';
import type { Outcome, Phase } from '../domain/phases.ts';
import { callMs, grpc, grpcCode, serverSays, within } from './calls.ts';
import { factsOf, type RunFacts } from './facts.ts';

export interface ReleaseFilter {
  readonly target?: string;
  readonly open?: boolean;
  readonly phase?: Phase;
  readonly outcome?: Outcome;
  readonly version?: string;
  readonly requestId?: string;
  /** Default 50, newest first. */
  readonly limit?: number;
}

/** Throws `searchAttributesMissing` where the namespace does not know our attributes. */
export async function listReleases(client: Client, filter: ReleaseFilter = {}): Promise<RunFacts[]> {
  const limit = filter.limit ?? 50;
  const found: RunFacts[] = [];
  try {
    await within(client, callMs, async () => {
      for await (const run of client.workflow.list({ query: queryOf(filter), pageSize: Math.min(limit, 200) })) {
        found.push(factsOf(run));
        if (found.length >= limit) return;
      }
    });
  } catch (error) {
    if (grpcCode(error) !== grpc.invalidArgument) throw error;
    const text = `releases cannot be searched for: ${serverSays(error)}`;
    throw new GrayError('searchAttributesMissing', text, { cause: error });
  }
  return found;
}

/** The visibility query of `filter`. */
export function queryOf(filter: ReleaseFilter): string {
  const equal = (name: string, value: string | undefined) =>
    value === undefined ? [] : [`${name} = ${quoted(value)}`];
  return [
    `WorkflowType = ${quoted(workflowType)}`,
    ...equal('GrayTarget', filter.target),
    ...equal('GrayPhase', filter.phase),
    ...equal('GrayOutcome', filter.outcome),
    ...equal('GrayVersion', filter.version),
    ...equal('GrayRequest', filter.requestId),
    ...(filter.open === undefined ? [] : [`ExecutionStatus ${filter.open ? '=' : '!='} 'Running'`]),
    // A continued run is not the end of a release.
    `ExecutionStatus != 'ContinuedAsNew'`,
  ].join(' AND ');
}

const quoted = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
