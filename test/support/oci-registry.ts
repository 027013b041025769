/** A small read-only registry of images made here: a static busybox and a script, nothing compiled or downloaded. */
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';
import { portOf } from './ports.ts';

/** From Debian's busybox-static: it needs no library in the image. */
const busybox = '/bin/busybox';

export interface ImageOrder {
  readonly version: string;
  /** A script for busybox's sh, run instead of the server. */
  readonly script?: string;
}

/** Tells version and digest by the environment, as a service in a container does. */
export const serverScript = (version: string): string => `#!/bin/sh
echo "{\\"version\\":\\"${version}\\",\\"digest\\":\\"$GRAY_DIGEST\\"}" > /www/version
exec httpd -f -p "$GRAY_PORT" -h /www
`;

interface Blob {
  readonly type: string;
  readonly content: Buffer;
}

export class OciRegistry {
  readonly #blobs = new Map<string, Blob>();
  readonly #server = createServer((asked, response) => this.#answer(asked, response));
  /** What it says of each manifest instead of the truth. */
  fault: ((digest: string, response: ServerResponse) => boolean) | null = null;

  /** Layers begin, and never end. */
  stall = false;

  static async start(): Promise<OciRegistry> {
    const registry = new OciRegistry();
    await new Promise<void>((resolve) => registry.#server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  /** `host:port`, as the name of an image begins. */
  get host(): string {
    return `127.0.0.1:${portOf(this.#server)}`;
  }

  /** The name by digest under which the image can be pulled. */
  async add(name: string, order: ImageOrder): Promise<{ readonly source: string; readonly digest: string }> {
    const layer = await layerOf(order.script ?? serverScript(order.version));
    const diff = this.#put('application/vnd.oci.image.layer.v1.tar', layer);
    const config = this.#json('application/vnd.oci.image.config.v1+json', {
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      // PID 1 has no default action for SIGTERM.
      config: { Cmd: ['/bin/sh', '/serve'], Env: ['PATH=/bin'], StopSignal: 'SIGKILL' },
      rootfs: { type: 'layers', diff_ids: [diff.digest] },
      history: [{ created_by: order.version }],
    });
    const { digest } = this.#json('application/vnd.oci.image.manifest.v1+json', {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config,
      layers: [diff],
    });
    return { source: `${this.host}/${name}@${digest}`, digest };
  }

  forget(digest: string): void {
    this.#blobs.delete(digest);
  }

  manifest(digest: string): Buffer {
    return this.#blobs.get(digest)?.content ?? Buffer.alloc(0);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #json(type: string, value: unknown) {
    return this.#put(type, Buffer.from(JSON.stringify(value)));
  }

  #put(mediaType: string, content: Buffer) {
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    this.#blobs.set(digest, { type: mediaType, content });
    return { mediaType, digest, size: content.length };
  }

  #answer({ url = '', method }: IncomingMessage, response: ServerResponse): void {
    if (url === '/v2/') return void response.writeHead(200).end('{}');
    const [, kind, digest = ''] = /\/(manifests|blobs)\/(sha256:[0-9a-f]{64})$/.exec(url) ?? [];
    if (kind === 'manifests' && this.fault?.(digest, response) === true) return;
    const blob = this.#blobs.get(digest);
    if (blob === undefined) {
      const content = { errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }] };
      return void response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify(content));
    }
    const headers = {
      'content-type': blob.type,
      'content-length': blob.content.length,
      'docker-content-digest': digest,
    };
    if (this.stall && blob.type.endsWith('.tar')) {
      response.writeHead(200, headers).write(blob.content.subarray(0, 100_000));
      return;
    }
    response.writeHead(200, headers).end(method === 'HEAD' ? undefined : blob.content);
  }
}

async function layerOf(script: string): Promise<Buffer> {
  const dir = await mkdtemp(join(tmpdir(), 'gray-image-'));
  try {
    for (const folder of ['bin', 'www', 'tmp']) await mkdir(join(dir, folder));
    await copyFile(busybox, join(dir, 'bin/busybox'));
    for (const name of ['sh', 'httpd', 'sleep']) await symlink('busybox', join(dir, 'bin', name));
    await writeFile(join(dir, 'serve'), script);
    await chmod(join(dir, 'serve'), 0o755);
    const options = { cwd: dir, portable: true, mtime: new Date(0), noMtime: false };
    const chunks: Buffer[] = [];
    for await (const chunk of create(options, ['bin', 'serve', 'tmp', 'www'])) chunks.push(chunk);
    return Buffer.concat(chunks);
  } finally {
    await rm(dir, { recursive: true });
  }
}
