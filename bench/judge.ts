/**
 * `npm run bench:judge`: how often good releases are rolled back, how soon bad ones are, by our judge and by the rules of
 * the field, all on the same releases from a seed. Writes docs/judge-benchmark.md and its plot, unless it runs quickly.
 */
import { writeFileSync } from 'node:fs';
import { cost } from './judge/cost.ts';
import { detection } from './judge/detection.ts';
import { harmless } from './judge/harmless.ts';
import { latency } from './judge/latency.ts';
import { pageOf } from './judge/page.ts';
import { wrongPasses } from './judge/passes.ts';
import { plotOf } from './judge/plot.ts';
import { ramp } from './judge/ramp.ts';
import { ours, rules } from './judge/rules/index.ts';
import { full, quick as small } from './judge/section.ts';
import { readOptions, say } from './options.ts';
import { finish } from './report.ts';

const { quick } = readOptions('judge', 'Measures the judges on releases from a seed.');
const sizes = quick ? small : full;

/** First, while the machine is as quiet as it gets. */
const price = await cost(quick ? 10 : 40);
const calm = harmless(sizes.harmless, say);
const found = detection(sizes.detection, say);
const sections = [
  ...[calm, found, latency(sizes.latency, say), ramp(sizes.ramp, say)],
  ...[wrongPasses(sizes.passes), price],
];

const plot = plotOf(
  rules.map(({ name }) => ({
    ...{ name, ours: ours.some((rule) => rule.name === name) },
    ...{ falsely: calm.worst.get(name) ?? Number.NaN, minute: found.threeTimes.get(name) ?? Number.NaN },
  })),
);

const docs = (name: string): URL => new URL(`../docs/${name}`, import.meta.url);
if (!quick) {
  writeFileSync(docs('judge-benchmark.svg'), plot);
  writeFileSync(docs('judge-benchmark.md'), pageOf(sections));
}

finish(
  'judge',
  sections.flatMap(({ figures }) => figures),
);
