/** When a run has to go on in a new one. */
import { workflowInfo } from '@temporalio/workflow';

export const handoverIsDue = (): boolean => workflowInfo().continueAsNewSuggested;
