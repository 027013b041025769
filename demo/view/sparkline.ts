/** A share over time as one line of bars. */

const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** Parts (0 … 1) as bars, at most `width`: neighbours are averaged. A gap (null) is a space, an exact zero a dot. */
export function sparkline(parts: readonly (number | null)[], width = 80): string {
  const columns = Math.min(width, parts.length);
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * parts.length) / columns);
    const to = Math.floor(((column + 1) * parts.length) / columns);
    return bar(mean(parts.slice(from, to)));
  }).join('');
}

function mean(parts: readonly (number | null)[]): number | null {
  const known = parts.filter((part) => part !== null);
  return known.length === 0 ? null : known.reduce((sum, part) => sum + part, 0) / known.length;
}

function bar(part: number | null): string {
  if (part === null) return ' ';
  if (part === 0) return '·';
  return bars[Math.min(bars.length - 1, Math.floor(part * bars.length))] ?? ' ';
}
