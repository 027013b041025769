/** Numbers and phases in the words of the demo. */
import type { Phase } from '../../src/domain/phases.ts';

/** Names of phases in a text, as words: `phase periodSwitch` → `phase period switch`. */
export const phaseWords = (text: Phase | string): string =>
  text.replace(/\b(deploymentVerification|grayVerification|periodSwitch|levelingCondition)\b/g, (name) =>
    name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
  );

/** Basis points as percent: 500 → `5 %`, 1250 → `12.5 %`. */
export const percentOfBp = (bp: number): string => `${bp / 100} %`;

export const percent = (part: number): string => `${(part * 100).toFixed(1)} %`;

/** 83 000 ms → `1:23`. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** 12034 → `12 034`. */
export const count = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ' ');
