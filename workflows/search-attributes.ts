/** What the list of releases can be searched by. */
import type { SearchAttributeUpdatePair } from '@temporalio/common';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { ReleaseState } from '../src/domain/state.ts';

const phase = defineSearchAttributeKey('GrayPhase', SearchAttributeType.KEYWORD);
const period = defineSearchAttributeKey('GrayPeriod', SearchAttributeType.KEYWORD);
const outcome = defineSearchAttributeKey('GrayOutcome', SearchAttributeType.KEYWORD);
const share = defineSearchAttributeKey('GrayShare', SearchAttributeType.DOUBLE);

/** Those that change during a release; target, version and request are set by the start. */
export const searchAttributesOf = (state: ReleaseState): SearchAttributeUpdatePair[] => [
  { key: phase, value: state.phase },
  { key: period, value: state.period },
  { key: share, value: state.shareBp / 100 },
  ...(state.outcome === null ? [] : [{ key: outcome, value: state.outcome }]),
];
