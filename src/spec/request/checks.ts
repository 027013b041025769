/** Checks and hooks of a resolved spec. */
import { z } from 'zod';
import type { Check, HooksSpec } from '../../domain/spec.ts';
import { argv, expects, flag, headerName, named, oneOf, section, text, urlPath, userId, whole } from '../scalars.ts';
import { jsonPathText } from '../servers.ts';
import { milliseconds, names } from './scalars.ts';

const line = () => text('one line', /^[^\r\n\0]{0,5000}$/);
const headers = () => named('a header name', headerName, line());

const command = section({
  kind: z.literal('command'),
  name: line(),
  command: argv(),
  env: names(),
  timeoutMs: milliseconds(),
});

const http = section({
  kind: z.literal('http'),
  name: line(),
  method: oneOf(['GET', 'HEAD', 'POST']),
  path: urlPath(),
  as: userId().exactOptional(),
  headers: headers(),
  body: text('a body of at most 64 KiB', /^[\s\S]{0,65536}$/).exactOptional(),
  repeat: whole(1, 1000),
  timeoutMs: milliseconds(),
  expect: section({
    status: whole(100, 599),
    version: flag(),
    headers: headers(),
    json: z.record(jsonPathText(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
    latencyMs: milliseconds().exactOptional(),
  }),
});

export const check: z.ZodType<Check> = z.discriminatedUnion('kind', [http, command], {
  error: expects('a check with a kind'),
});

export const hooks: z.ZodType<HooksSpec> = section({
  beforeDeployment: command.exactOptional(),
  beforeRollback: command.exactOptional(),
  afterWatch: command.exactOptional(),
});
