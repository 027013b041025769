/** A small disk of its own that a test may fill: a tmpfs where we may mount one, else a directory that can be closed. */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface SmallDisk {
  readonly dir: string;
  /** Nothing more can be written, until the returned call makes room again. */
  fill(): Promise<() => Promise<void>>;
  end(): Promise<void>;
}

const run = promisify(execFile);
const sizeMb = 48;

export async function smallDisk(): Promise<SmallDisk> {
  const dir = await mkdtemp(join(tmpdir(), 'gray-disk-'));
  if (process.getuid?.() !== 0) return closable(dir);
  await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m,mode=0755`, 'gray-test', dir]);
  const filler = join(dir, 'filler');
  return {
    dir,
    fill: async () => {
      await writeUntilFull(filler);
      return () => rm(filler);
    },
    end: async () => {
      // Lazily: a process that was just killed may still be about to close its last file.
      await run('umount', ['--lazy', dir]);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function writeUntilFull(path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (let size = 1024 * 1024; size >= 4096; ) {
      const block = Buffer.alloc(size, 1);
      const { bytesWritten } = await file.write(block).catch(() => ({ bytesWritten: 0 }));
      if (bytesWritten < size) size /= 2;
    }
  } finally {
    await file.close();
  }
}

/** Who is not root cannot mount; for them a closed directory refuses every new file just so. */
const closable = (dir: string): SmallDisk => ({
  dir,
  fill: async () => {
    await chmod(dir, 0o500);
    return () => chmod(dir, 0o700);
  },
  end: () => rm(dir, { recursive: true, force: true }),
});
