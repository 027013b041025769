/** One HTTP request that is never retried: an error is a lost request. */
import { type Agent, type IncomingHttpHeaders, request } from 'node:http';

export interface HttpOrder {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Without one, every request has a connection of its own. */
  readonly agent?: Agent;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export const http = (url: string, { method = 'GET', headers = {}, body, agent }: HttpOrder = {}): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent: agent ?? false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const { statusCode = 0, headers: answered } = response;
        resolve({ status: statusCode, headers: answered, body: Buffer.concat(chunks).toString() });
      });
    });
    asked.once('error', reject);
    asked.end(body);
  });
