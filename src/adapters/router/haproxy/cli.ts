/** HAProxy's runtime CLI over its unix socket: one interactive connection, one line at a time, every surprise a failure. */
import { connect, type Socket } from 'node:net';
import { GrayError } from '../../../domain/errors.ts';
import { noSteps, type OnStep } from './steps.ts';

/** HAProxy 2.6 dies of payloads near its 16 KiB buffer; lines stay far below. */
export const maxLineBytes = 8 * 1024;

const prompt = '\n> ';

export interface CliOptions {
  /** Longest wait for one reply. */
  readonly replyMs?: number;
  readonly onStep?: OnStep;
}

interface Waiting {
  readonly resolve: (reply: string) => void;
  readonly reject: (error: Error) => void;
  /** Prompts that end the reply: one per command of the line. */
  readonly prompts: number;
}

export class Cli {
  readonly #socket: Socket;
  readonly #path: string;
  readonly #replyMs: number;
  readonly #onStep: OnStep;
  #waiting: Waiting | null = null;
  #reply = '';
  #tail = '';
  #failure: Error | null = null;

  private constructor(socket: Socket, path: string, { replyMs = 3_000, onStep = noSteps }: CliOptions) {
    this.#socket = socket;
    this.#path = path;
    this.#replyMs = replyMs;
    this.#onStep = onStep;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#take(text));
    socket.on('error', (cause) => this.#fail(unreachable(path, cause.message, cause)));
    socket.on('close', () => this.#fail(unreachable(path, 'the connection was closed')));
  }

  /** Throws `routerUnreachable` when nobody answers. */
  static async open(path: string, options: CliOptions = {}): Promise<Cli> {
    await (options.onStep ?? noSteps)('connect');
    const cli = new Cli(connect(path), path, options);
    await cli.#send('prompt', 1);
    return cli;
  }

  /** The reply to one command. */
  async ask(command: string): Promise<string> {
    await this.#onStep(stepOf(command));
    return (await this.#send(command, 1)).slice(0, -prompt.length).replace(/^(\+ )+/, '');
  }

  /** A command that succeeds silently; any reply is a `routerRefused`. */
  async tell(command: string): Promise<void> {
    const reply = await this.ask(command);
    if (reply.trim() !== '') throw refused(command, reply);
  }

  /** The replies to many short commands, sent in as few lines as the limit allows. */
  async askAll(commands: readonly string[]): Promise<string[]> {
    const replies: string[] = [];
    for (const line of inLines(commands)) {
      await this.#onStep(stepOf(line[0] ?? ''));
      const reply = await this.#send(line.join(';'), line.length);
      replies.push(...reply.split(prompt).slice(0, line.length));
    }
    return replies;
  }

  async tellAll(commands: readonly string[]): Promise<void> {
    const replies = await this.askAll(commands);
    replies.forEach((reply, n) => {
      if (reply.trim() !== '') throw refused(commands[n] ?? '', reply);
    });
  }

  close(): void {
    this.#failure ??= unreachable(this.#path, 'the session is over');
    this.#socket.destroy();
  }

  #send(line: string, prompts: number): Promise<string> {
    const bytes = Buffer.byteLength(line) + 1;
    if (bytes > maxLineBytes)
      throw new GrayError('routerRefused', `a CLI line of ${bytes} bytes is too long to be safe`);
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) return reject(this.#failure);
      const timer = setTimeout(() => {
        this.#fail(unreachable(this.#path, `no reply within ${this.#replyMs} ms to "${stepOf(line)}"`));
        this.#socket.destroy();
      }, this.#replyMs);
      const end = () => {
        clearTimeout(timer);
        this.#waiting = null;
        this.#reply = '';
        this.#tail = '';
      };
      this.#waiting = {
        prompts,
        resolve: (reply) => {
          end();
          resolve(reply);
        },
        reject: (error) => {
          end();
          reject(error);
        },
      };
      this.#socket.write(`${line}\n`);
    });
  }

  #take(text: string): void {
    this.#reply += text;
    this.#tail = (this.#tail + text).slice(-prompt.length);
    if (this.#tail !== prompt || this.#waiting === null) return;
    const { prompts, resolve } = this.#waiting;
    if (prompts === 1 || this.#reply.split(prompt).length > prompts) resolve(this.#reply);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#waiting?.reject(this.#failure);
  }
}

/** Opens a session, hands it to `use`, closes it whatever happens. */
export async function withCli<T>(path: string, options: CliOptions, use: (cli: Cli) => Promise<T>): Promise<T> {
  const cli = await Cli.open(path, options);
  try {
    return await use(cli);
  } finally {
    cli.close();
  }
}

/** Commands packed into lines below the limit, in order. */
export function inLines(commands: readonly string[], limit = maxLineBytes): string[][] {
  const lines: string[][] = [];
  let room = 0;
  for (const command of commands) {
    const bytes = Buffer.byteLength(command) + 1;
    const line = lines.at(-1);
    if (line === undefined || bytes > room) {
      lines.push([command]);
      room = limit - 1 - bytes;
    } else {
      line.push(command);
      room -= bytes;
    }
  }
  return lines;
}

export const refused = (command: string, reply: string): GrayError =>
  new GrayError('routerRefused', `HAProxy answered "${reply.trim().slice(0, 200)}" to "${stepOf(command)}"`);

const unreachable = (path: string, why: string, cause?: unknown): GrayError =>
  new GrayError('routerUnreachable', `HAProxy at ${path}: ${why}`, { cause });

/** A command without its payload, which may name users. */
const stepOf = (command: string): string => command.split('\n', 1)[0]?.slice(0, 120) ?? '';
