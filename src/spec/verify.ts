/** Section `verify`: the checks, in their short form. */
import { z } from 'zod';
import { argv, envNames, flag, headerName, list, named, section, text, urlPath, userId, whole } from './scalars.ts';
import { jsonPathText } from './servers.ts';
import { duration } from './units.ts';

const headerValue = () => text('a header value', /^[\x20-\x7e]{0,2000}$/);

const expectation = section({
  status: whole(100, 599).default(200).describe('HTTP status of the answer.'),
  version: flag().default(false).describe('The answer must come from the new version.'),
  header: named('a header name', headerName, headerValue())
    .default({})
    .describe('Header to exact value, or to /pattern/.'),
  json: z
    .record(
      jsonPathText(),
      z.union([z.string(), z.number(), z.boolean(), z.null()], { error: 'expected one JSON value' }),
    )
    .default({})
    .describe('$.field.path to exact value.'),
  latency: duration('1ms', '5m').exactOptional().describe('Slower answers fail.'),
})
  .prefault({})
  .describe('What a good answer looks like. Default: status 200.');

const checkName = text('a name on one line, at most 100 characters', /^[^\r\n\0]{1,100}$/).exactOptional();

const http = {
  name: checkName,
  as: userId().exactOptional().describe('The test user who asks; only in verify.gray, and needed there.'),
  header: named('a header name', headerName, headerValue()).default({}).describe('Headers to send; no secrets.'),
  repeat: whole(1, 1000).default(1).describe('How often it is asked; every answer must be good.'),
  timeout: duration('10ms', '5m').prefault('5s').describe('Longest wait for one answer.'),
  expect: expectation,
};

const get = section({ get: urlPath().describe('Path to GET.'), ...http });
const head = section({ head: urlPath().describe('Path to HEAD.'), ...http });
const post = section({
  post: urlPath().describe('Path to POST to.'),
  body: text('a body of at most 64 KiB', /^[\s\S]{0,65536}$/).exactOptional(),
  ...http,
});

const command = section({
  command: argv().describe('Program of yours and its arguments, without a shell; exit status 0 passes.'),
  name: checkName,
  env: envNames().describe('Environment variables passed on, by name.'),
  timeout: duration('100ms', '1h').prefault('1m'),
});

const check = z.union([get, command, head, post]);

export const verify = section({
  deployment: list(check, 'checks', { min: 1, max: 50 })
    .exactOptional()
    .describe('Asked straight at each gray server. Default: the version probe answers with the new version.'),
  gray: list(check, 'checks', { min: 1, max: 50 })
    .exactOptional()
    .describe('Asked through the router as test users. Default: the version probe, as user gray-tester.'),
})
  .prefault({})
  .describe('Checks before any user sees the new version.');

export type CheckInput = z.output<typeof check>;
