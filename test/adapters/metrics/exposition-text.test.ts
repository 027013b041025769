import { expect, it } from 'vitest';
import { parseExposition } from '../../../src/adapters/metrics/exposition-text.ts';

const samples = (text: string, name: string) => parseExposition(text).samples.get(name);

it('labels, escapes, timestamps, exponents and odd spaces are read', () => {
  const text = 'm{a="x\\"y\\\\z\\n",b="{},="} 1.5e3 1395066363000\nm { a = "2" , } 7\nm 0\n';
  expect(samples(text, 'm')).toEqual([
    { labels: { a: 'x"y\\z\n', b: '{},=' }, value: 1500 },
    { labels: { a: '2' }, value: 7 },
    { labels: {}, value: 0 },
  ]);
});

it('every label set of a histogram is kept', () => {
  const text = '# TYPE h histogram\nh_bucket{m="a",le="1"} 1\nh_bucket{m="b",le="1"} 5\nh_count{m="a"} 2\n';
  expect(samples(text, 'h_bucket')).toHaveLength(2);
});

it('a last line without a line break counts', () => {
  expect(samples('a 1\nb 2', 'b')).toEqual([{ labels: {}, value: 2 }]);
});

it('NaN and infinities are values', () => {
  expect(samples('m NaN\nm +Inf\nm -Inf\n', 'm')?.map(({ value }) => value)).toEqual([Number.NaN, Infinity, -Infinity]);
});

it('a family without samples is known by its TYPE line', () => {
  const { names } = parseExposition('# HELP c_total None yet.\n# TYPE c_total counter\n');
  expect([...names]).toEqual(['c_total']);
});

it.each([
  '<html>',
  'm',
  'm{a="1" 4',
  'm{a=1} 4',
  'm{a="1"b="2"} 4',
  'm four',
  'm 0x10',
  'm 1 2 3',
  '9m 1',
  '{"json": true}',
])('a line like %s is refused', (line) => {
  expect(() => parseExposition(`ok 1\n${line}\n`)).toThrow(/^line 2 is not in the Prometheus text format/);
});
