/** The word somebody probably meant. */
import { distance } from 'fastest-levenshtein';

/** The known word nearest to `word`, when it is near enough to be a slip of the finger. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, far: slips(word.slice(0, 64).toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, far }) => far <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((one, other) => one.far - other.far);
  return ranked[0]?.candidate;
}

export const listed = (words: readonly string[]): string => words.join(', ');

/** Letters in the wrong order are one slip, and so is a word that stops early. */
function slips(word: string, other: string): number {
  const near = letters(word) === letters(other) || (word.length >= 3 && other.startsWith(word));
  return near ? Math.min(1, distance(word, other)) : distance(word, other);
}

const letters = (word: string): string => [...word].sort().join('');
