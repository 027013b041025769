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

/** Letters in the wrong order are one slip. */
const slips = (word: string, other: string): number => (letters(word) === letters(other) ? 1 : distance(word, other));

const letters = (word: string): string => [...word].sort().join('');
