/**
 * Texts that a request is compared with, letter for letter. A `map` of nginx is fast and ignores case, so it only finds the texts
 * that may be meant; a pattern then compares them exactly.
 */
import { quotedKey, quotedValue } from './names.ts';

export interface Exact {
  readonly prefix: string;
  /** The variable that is looked up. */
  readonly source: string;
  /** Name of the variable that becomes one of the words, or the empty text. */
  readonly name: string;
  /** A word of nginx's configuration for each group of texts; the first group that has the text wins. */
  readonly groups: readonly (readonly [word: string, texts: readonly string[]])[];
}

export function exactMap({ prefix, source, name, groups }: Exact): string {
  const lines = candidates(groups);
  if (lines.size === 0) return `map "" ${name} { default ""; }`;
  const rows = [...lines].map(
    ([key, found]) => `  ${quotedKey(key)} ${quotedValue(prefix, `\n${found.join('\n')}\n`)};`,
  );
  const patterns = groups.map(([word]) => `  "~^(.+)\\n(?:.*\\n)*?${word}:\\1\\n" ${word};`);
  return [
    `map ${source} ${name}_maybe {\n  default "";\n${rows.join('\n')}\n}`,
    `map "${source}${name}_maybe" ${name} {\n  default "";\n${patterns.join('\n')}\n}`,
  ].join('\n');
}

/** By the text in small letters, as nginx compares: `word:text` for each text that it may be. */
function candidates(groups: Exact['groups']): Map<string, string[]> {
  const lines = new Map<string, string[]>();
  for (const [word, texts] of groups) {
    for (const text of new Set(texts)) {
      const key = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
      const found = lines.get(key);
      if (found === undefined) lines.set(key, [`${word}:${text}`]);
      else found.push(`${word}:${text}`);
    }
  }
  return lines;
}
