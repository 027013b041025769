/** Shows scenes: a live picture on a terminal, plain lines anywhere else. */
import { createLogUpdate } from 'log-update';
import picocolors from 'picocolors';
import { changes } from './changes.ts';
import { frame } from './frame.ts';
import type { Scene } from './scene.ts';

export interface Screen {
  show(scene: Scene): void;
  /** A line that stays. */
  say(line: string): void;
  /** Leaves the last picture standing. */
  done(): void;
}

type Output = Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'rows'>> & NodeJS.WritableStream;

export const screenOn = (output: Output): Screen => (isPaintable(output) ? liveScreen(output) : plainScreen(output));

/** A terminal that does not know its size, such as the one of a recorder, can show no picture. */
const isPaintable = ({ isTTY = false, columns = 80, rows = 24 }: Output): boolean =>
  isTTY && columns > 0 && rows > 0 && process.env.TERM !== 'dumb';

export const silentScreen: Screen = { show: () => {}, say: () => {}, done: () => {} };

function liveScreen(output: Output): Screen {
  const update = createLogUpdate(output);
  return {
    show: (scene) => update(frame(scene, picocolors.isColorSupported, output.columns).join('\n')),
    say: (line) => {
      update.clear();
      output.write(`${line}\n`);
    },
    done: () => update.done(),
  };
}

function plainScreen(output: Output): Screen {
  let before: Scene | null = null;
  return {
    show: (scene) => {
      for (const line of changes(before, scene)) output.write(`${line}\n`);
      before = scene;
    },
    say: (line) => output.write(`${line}\n`),
    done: () => {
      before = null;
    },
  };
}
