/** docs/judge-benchmark.md, written by the benchmark. */
import type { Section } from './section.ts';

const head = [
  '# How well the judge judges',
  '',
  'Written by `npm run bench:judge`; the releases come from seeds, so that everybody gets the same. Every rule sees the same releases, minute by minute:',
  '60 minutes, gray at 1 % for 10, 5 % for 10, 20 % for 20 and 50 % for 20; requests Poisson, bad requests binomial.',
  '',
  '- **iid**: nothing happens. **drift**: the rate of both arms rises threefold. **incident**: five minutes in which both are ten times as bad.',
  '- **clump**: errors come five at a time (one client retries), at the same mean: variance ÷ mean is 9.',
  '',
  '![good releases rolled back, and minutes until a bad one is](judge-benchmark.svg)',
];

export const pageOf = (sections: readonly Section[]): string =>
  [...head, ...sections.flatMap(({ title, lines }) => ['', `## ${title}`, '', ...lines]), ''].join('\n');
