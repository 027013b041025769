/** Both kinds of mistake side by side, one row a rule: good releases rolled back, and how long a bad one lives. */

export interface PlotRow {
  readonly name: string;
  /** Part of the good releases rolled back, worst column. */
  readonly falsely: number;
  /** Mean minute in which a gray three times worse is rolled back; 60 is never. */
  readonly minute: number;
  readonly ours: boolean;
}

const [left, width, gap, height, top] = [430, 260, 40, 24, 64] as const;

export function plotOf(rows: readonly PlotRow[]): string {
  const bottom = top + rows.length * height + 16;
  const total = left + 2 * width + gap + 60;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${total} ${bottom}" role="img" font-family="sans-serif" font-size="13">`,
    '<title>Part of the good releases each rule rolls back, and minutes until it rolls back a gray three times worse</title>',
    `<rect width="${total}" height="${bottom}" fill="#fff"/>`,
    text(left, 24, 'good releases rolled back, worst case'),
    text(left, 42, '(percent; shorter is better)', '#666'),
    text(left + width + gap, 24, 'minutes until ×3 is rolled back, mean'),
    text(left + width + gap, 42, '(60 is never; shorter is better)', '#666'),
    ...rows.map((row, at) => bars(row, top + at * height)),
    '</svg>',
    '',
  ].join('\n');
}

function bars({ name, falsely, minute, ours }: PlotRow, y: number): string {
  const color = ours ? '#2f7d4f' : '#9aa5b1';
  const second = left + width + gap;
  return [
    text(left - 10, y + 13, name, ours ? color : '#111', 'end'),
    bar(left, y, falsely, color),
    text(left + falsely * width + 5, y + 13, (falsely * 100).toFixed(falsely < 0.1 ? 1 : 0), '#444'),
    bar(second, y, minute / 60, color),
    text(second + (minute / 60) * width + 5, y + 13, minute.toFixed(0), '#444'),
  ].join('');
}

const bar = (x: number, y: number, part: number, color: string): string =>
  `<rect x="${x}" y="${y}" width="${(Math.max(part, 0.002) * width).toFixed(1)}" height="16" fill="${color}"/>`;

const text = (x: number, y: number, said: string, color = '#111', anchor = 'start'): string =>
  `<text x="${x.toFixed(1)}" y="${y}" fill="${color}" text-anchor="${anchor}">${escaped(said)}</text>`;

const escaped = (said: string): string => said.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
