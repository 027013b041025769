/** HAProxy's `show stat` and `show info`, read as its Prometheus exporter would tell them. */
import type { Exposition, Sample } from './exposition-text.ts';

const classes = ['1xx', '2xx', '3xx', '4xx', '5xx', 'other'] as const;

/** The rows of backends. Throws a sentence for text that is not `show stat`. */
export function statPage(text: string): Exposition {
  const [head = '', ...rows] = text.replace(/^# /, '').split('\n');
  const columns = head.split(',');
  const column = (name: string): number => {
    const at = columns.indexOf(name);
    if (at < 0) throw new Error(`show stat has no column ${name}`);
    return at;
  };
  const [proxy, server] = [column('pxname'), column('svname')];
  const counts = classes.map((code) => [code, column(`hrsp_${code}`)] as const);
  const samples = rows
    .map((row) => row.split(','))
    .filter((cells) => cells[server] === 'BACKEND')
    .flatMap((cells) => counts.map(([code, at]) => sampleOf(cells[proxy] ?? '', code, cells[at])));
  const name = 'haproxy_backend_http_responses_total';
  return { names: new Set([name]), samples: new Map([[name, samples]]) };
}

/** An empty cell is no zero: a backend in TCP mode counts no responses. */
const sampleOf = (proxy: string, code: string, cell = ''): Sample => ({
  labels: { proxy, code },
  value: /^\d+$/.test(cell) ? Number(cell) : Number.NaN,
});

export function infoNumber(text: string, name: string): number {
  const [, value] = new RegExp(`^${name}: (\\d+)$`, 'm').exec(text) ?? [];
  if (value === undefined) throw new Error(`show info has no ${name}`);
  return Number(value);
}
