/** Links into Temporal's Web UI. */
import type { Client } from '@temporalio/client';
import { workflowIdOf } from '../domain/names.ts';

/** The page of one release: of run `runId`, else of the open or latest one. Null where no UI is known. */
export function uiLink(uiUrl: string | null, client: Pick<Client, 'options'>, target: string, runId?: string) {
  if (uiUrl === null) return null;
  const namespace = encodeURIComponent(client.options.namespace);
  const run = runId === undefined ? '' : `/${runId}/timeline`;
  return `${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowIdOf(target))}${run}`;
}
