/** What a direct abort did, for the person on call. */
import type { DirectAbort } from '../client.ts';
import { percentOf } from '../domain/percent.ts';

export function renderDirectAbort({ target, before, after, confirmation, floorBp }: DirectAbort): string[] {
  return [
    `${target}: ${percentOf(before.split.shareBp)} → ${percentOf(after.split.shareBp)} of users on gray`,
    `period ${before.period} → ${after.period}, lists emptied, ${after.split.rest} serves requests without identity`,
    `fence ${before.fence} → ${after.fence}, written as operator (before: ${before.release || 'nobody'})`,
    ...(floorBp === 0 ? [] : [`base cannot carry everybody: ${percentOf(floorBp)} stay on gray (--to-zero overrides)`]),
    confirmation.ok ? 'confirmed by real requests' : 'NOT confirmed by real requests:',
    ...confirmation.problems.map((problem) => `  ${problem}`),
    'servers keep their version and pool; when the engine is back: gray rollback',
  ];
}
