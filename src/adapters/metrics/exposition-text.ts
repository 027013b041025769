/**
 * Reads the Prometheus text format (0.0.4). Strict: a page that is something else must not look like a server
 * without requests. The parser on npm was tried and left: of a histogram with labels it keeps only the last label set,
 * and it reads an HTML page as samples.
 */

export interface Exposition {
  /** Every name with a TYPE line or a sample; a counter without children has only the line. */
  readonly names: ReadonlySet<string>;
  readonly samples: ReadonlyMap<string, readonly Sample[]>;
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  /** As the server said it: may be NaN or infinite. */
  readonly value: number;
}

/** Throws a sentence for text that is not in the format. */
export function parseExposition(text: string): Exposition {
  const names = new Set<string>();
  const samples = new Map<string, Sample[]>();
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line.startsWith('#')) noteType(line, names);
    else if (line !== '') addSample(line, index + 1, samples, names);
  }
  return { names, samples };
}

function noteType(line: string, names: Set<string>): void {
  const type = /^#\s*TYPE\s+([a-zA-Z_:][\w:]*)\s+\w+$/.exec(line);
  if (type?.[1] !== undefined) names.add(type[1]);
}

const sampleLine = /^([a-zA-Z_:][\w:]*)\s*(?:\{(.*)\})?\s*(\S+)(?:\s+-?\d+)?$/;

function addSample(line: string, at: number, samples: Map<string, Sample[]>, names: Set<string>): void {
  const [, name, labels = '', value = ''] = sampleLine.exec(line) ?? [];
  const sample = { labels: parseLabels(labels), value: parseValue(value) };
  if (name === undefined || sample.labels === null || sample.value === null) {
    throw new Error(`line ${at} is not in the Prometheus text format: ${line.slice(0, 60)}`);
  }
  names.add(name);
  const known = samples.get(name) ?? [];
  known.push({ labels: sample.labels, value: sample.value });
  samples.set(name, known);
}

/** The pairs between the braces, or null. */
function parseLabels(text: string): Record<string, string> | null {
  const labels: Record<string, string> = {};
  const pair = /\s*([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/y;
  while (pair.lastIndex < text.trimEnd().length) {
    const match = pair.exec(text);
    if (match === null) return null;
    labels[match[1] ?? ''] = plain(match[2] ?? '');
  }
  return labels;
}

const plain = (text: string): string => text.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));

const words: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  '+inf': Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
};

function parseValue(text: string): number | null {
  const word = words[text.toLowerCase()];
  if (word !== undefined) return word;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : null;
}
