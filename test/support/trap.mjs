/**
 * Loaded with `node --import` into a process under test: it dies or freezes right before its n-th effect.
 *   TRAP_SCRIPT  end of the path of the program that is meant; others run on untouched
 *   TRAP_AT      n, from 1
 *   TRAP_SIGNAL  SIGKILL or SIGSTOP
 *   TRAP_ARMED   `no` until the program itself says otherwise: for one that has a loader with effects of its own
 *   TRAP_FILE    gets the process id and the name of the effect that did not happen
 */
import childProcess from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { TRAP_SCRIPT, TRAP_AT, TRAP_SIGNAL, TRAP_FILE } = process.env;
// Without mkdir: the folders are there already, or nobody minds an empty one.
const effects = ['writeFile', 'rename', 'rm', 'cp', 'copyFile', 'link'];

if (TRAP_SCRIPT && process.argv[1]?.endsWith(TRAP_SCRIPT)) {
  const { kill } = process;
  const { writeFileSync, renameSync } = fs;
  let count = 0;

  const before = (name) => {
    if (process.env.TRAP_ARMED === 'no') return;
    count += 1;
    if (count !== Number(TRAP_AT)) return;
    writeFileSync(`${TRAP_FILE}.draft`, JSON.stringify({ pid: process.pid, effect: name }));
    renameSync(`${TRAP_FILE}.draft`, TRAP_FILE);
    kill.call(process, process.pid, TRAP_SIGNAL);
  };
  const guard = (holder, name) => {
    const original = holder[name];
    holder[name] = (...args) => {
      before(name);
      return original.apply(holder, args);
    };
  };

  for (const name of effects) {
    guard(fs, `${name}Sync`);
    guard(fs.promises, name);
  }
  guard(fs, 'writeSync');
  guard(childProcess, 'spawn');
  guard(process, 'kill');
  syncBuiltinESMExports();
}
