/** The rules side by side, as the tables list them. */
import { argoDefault, argoExample } from './argo.ts';
import { eProcess, eProcess5, eProcessClients, eProcessMargin, eProcessMeasured } from './e-process.ts';
import { flagger } from './flagger.ts';
import { judgeBefore, judgeClients, judgeMargin, judgeMeasured } from './gray-release.ts';
import { growthbook } from './growthbook.ts';
import { kayenta } from './kayenta.ts';
import { mixture } from './mixture.ts';
import { zEveryMinute1, zEveryMinute5, zOnce } from './pooled-z.ts';
import { twiceOnce, twiceThrice } from './ratio.ts';
import type { Rule } from './rule.ts';
import { sign } from './sign.ts';

/** Ours, through the `Judge` interface. */
export const ours: readonly Rule[] = [judgeClients, judgeBefore, judgeMeasured];

/** The core alone: what the page measured, and with the mixture of docs/decisions/judge-mixture.md. */
export const cores: readonly Rule[] = [eProcess, mixture, eProcessMeasured, eProcessClients];

export const others: readonly Rule[] = [
  ...[argoDefault, argoExample, flagger, twiceOnce, twiceThrice],
  ...[zEveryMinute5, zEveryMinute1, zOnce, growthbook, kayenta, sign],
];

/** At a margin or a risk of their own, so not in line with the others. */
export const variants: readonly Rule[] = [eProcess5, eProcessMargin, judgeMargin];

export const rules: readonly Rule[] = [...others, ...cores, ...ours];
