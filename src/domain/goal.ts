import type { ReleaseMode } from './spec.ts';

interface Goal {
  readonly target: string;
  readonly version: string;
  readonly mode: ReleaseMode;
}

/** What a release is for, in a few words. */
export function goalText({ target, version, mode }: Goal): string {
  switch (mode) {
    case 'release':
      return `${target} → ${version}`;
    case 'rollback':
      return `${target} back to base`;
    case 'rehearsal':
      return `${target}: rehearsal of ${version}`;
  }
}
