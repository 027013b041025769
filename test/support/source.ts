/** The project's own files as text, for tests that hold rules over all of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface SourceFile {
  /** From the project's root, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** Every file below `folders` whose name ends in one of `endings`. */
export const filesIn = (folders: readonly string[], endings: readonly string[]): readonly SourceFile[] =>
  folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
      .map((entry) => read(relative(root, join(entry.path, entry.name)).split(sep).join('/')))
      .filter(({ path }) => !path.includes('node_modules/')),
  );

export const read = (path: string): SourceFile => ({ path, text: readFileSync(join(root, path), 'utf8') });

export interface Import {
  /** A path from the project's root for the project's own files, else the package or builtin as written. */
  readonly to: string;
  /** Gone after compiling. */
  readonly typeOnly: boolean;
}

/** Static imports, re-exports, dynamic imports and `require` of a file, as the formatter leaves them. */
export const importsOf = ({ path, text }: SourceFile): readonly Import[] =>
  [...text.matchAll(statement)].map((match) => {
    const to = match.groups?.from ?? match.groups?.bare ?? match.groups?.call ?? '';
    return { to: resolve(path, to), typeOnly: match.groups?.type !== undefined };
  });

const statement = new RegExp(
  [
    String.raw`^(?:import|export)\s+(?<type>type\s)?[^;'"]*?from\s+['"](?<from>[^'"]+)['"]`,
    String.raw`^import\s+['"](?<bare>[^'"]+)['"]`,
    String.raw`\b(?:import|require)\(\s*['"](?<call>[^'"]+)['"]`,
  ].join('|'),
  'gm',
);

const resolve = (from: string, to: string): string => (to.startsWith('.') ? posix.join(posix.dirname(from), to) : to);
