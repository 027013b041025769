/**
 * Programs that stand before those of the system, on the server's side or the worker's. The one that is about to work on a
 * given server for the n-th time kills or freezes its caller instead, or, where `caller` is false, itself.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sprung, Trap, TrapOrder } from '../trap.ts';

export class StepTraps {
  /** Goes first on the PATH. */
  readonly programs: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.programs = join(folder, 'programs');
  }

  /** `real`: by name, the program that does the work. */
  static async set(folder: string, real: Readonly<Record<string, string>>, caller: boolean): Promise<StepTraps> {
    const traps = new StepTraps(folder);
    await Promise.all(['programs', 'armed', 'sprung'].map((name) => mkdir(join(folder, name), { recursive: true })));
    for (const [name, path] of Object.entries(real)) {
      const file = join(traps.programs, name);
      await writeFile(file, program(folder, name, path, caller));
      await chmod(file, 0o755);
    }
    return traps;
  }

  /** For the one server whose folder, or host, has that name. */
  arm(server: string, { at, signal }: Pick<TrapOrder, 'at' | 'signal'>): Pick<Trap, 'sprung'> {
    const armed = join(this.#folder, 'armed', server);
    const file = join(this.#folder, 'sprung', `${server}.${at}.${signal}`);
    writeFileSync(armed, `${at} ${signal.slice('SIG'.length)} ${file}\n`);
    return { sprung: () => (existsSync(file) ? sprungIn(readFileSync(file, 'utf8')) : null) };
  }
}

function sprungIn(text: string): Sprung {
  const [pid, effect = ''] = text.trim().split(' ');
  return { pid: Number(pid), effect };
}

/** Who is killed is killed alone: what it started goes on. Who is frozen is frozen with its whole group, this program included. */
const program = (folder: string, name: string, real: string, caller: boolean): string => `#!/bin/sh
for armed in ${folder}/armed/*; do
  case " $* " in *"/servers/\${armed##*/}"[/\\ ]* | *" \${armed##*/}.test "*) ;; *) continue ;; esac
  read -r left signal file <"$armed" || continue
  [ "$left" -gt 0 ] || continue
  echo "$((left - 1)) $signal $file" >"$armed"
  [ "$left" -eq 1 ] || continue
  victim=${caller ? '$PPID' : '$$'}
  [ "$victim $signal" != "$PPID STOP" ] || victim=-$PPID
  echo "$victim ${name}" >"$file.draft"
  /bin/mv "$file.draft" "$file"
  kill -"$signal" "$victim"
  [ "$signal" != KILL ] || exit 1
done
exec ${real} "$@"
`;
