/** A real nginx without Lua on loopback, configured as the documentation says. Nothing of Debian's service is used. */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nginxReloadConfig } from '../../src/adapters/router/nginx/reload/config.ts';
import type { ServerSpec } from '../../src/domain/server.ts';
import type { NginxReloadRouterSpec } from '../../src/domain/spec.ts';
import { aroundHttp, NginxProcess } from './nginx.ts';
import { freePorts } from './ports.ts';

export interface NginxReloadOrder {
  readonly servers: readonly ServerSpec[];
  /** Where the included file is kept. */
  readonly stateDir?: string;
  readonly target?: string;
}

export class NginxReload extends NginxProcess {
  readonly spec: NginxReloadRouterSpec;

  private constructor(dir: string, { stateDir = dir }: NginxReloadOrder, ports: readonly number[]) {
    const [entrance = 0, probe = 0, status = 0] = ports;
    super(dir, entrance);
    this.spec = {
      ...{ kind: 'nginx', mode: 'reload', identity: { header: 'x-user-id', cookie: 'uid' } },
      ...{ config: join(dir, 'nginx.conf'), include: join(stateDir, 'route.conf'), pid: join(dir, 'nginx.pid') },
      program: ['/usr/sbin/nginx', '-p', dir, '-e', join(dir, 'error.log')],
      ...{ entrance: urlOf(entrance), probe: urlOf(probe), status: urlOf(status) },
    };
  }

  static async start(order: NginxReloadOrder): Promise<NginxReload> {
    const dir = await mkdtemp(join(tmpdir(), 'gray-nginx-'));
    const nginx = new NginxReload(dir, order, await freePorts(3));
    const { config, include, entrance, probe, status } = nginx.spec;
    await writeFile(include, '');
    const http = nginxReloadConfig({
      ...{ target: order.target ?? 'contract', servers: order.servers, include },
      ...{ entrance: new URL(entrance).host, probe: new URL(probe).host, status: new URL(status).host },
    });
    await writeFile(config, aroundHttp(dir, http, { lua: false }));
    await nginx.run();
    return nginx;
  }

  included(): Promise<string> {
    return readFile(this.spec.include, 'utf8');
  }
}

const urlOf = (port: number): string => `http://127.0.0.1:${port}`;
