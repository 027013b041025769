/** One HTTP request that is never retried: an error is a lost request. */
import { type Agent, type IncomingHttpHeaders, request } from 'node:http';

export interface HttpOrder {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Without one, every request has a connection of its own. */
  readonly agent?: Agent;
  /** Over this Unix socket; the URL's host then counts for nothing. */
  readonly socketPath?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export const http = (url: string, order: HttpOrder = {}): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body, agent, socketPath } = order;
    const options = { method, headers, agent: agent ?? false, ...(socketPath === undefined ? {} : { socketPath }) };
    const asked = request(url, options, (response) => {
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

/** Text as UTF-8 bytes in a header: Node writes one byte per character. */
export const asHeader = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
