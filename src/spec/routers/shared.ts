/** What every router says in the release file. */
import { baseUrl } from '../net.ts';
import { headerName, list, section, text } from '../scalars.ts';

const segmentHeaders = list(
  text('the name of a header', headerName).transform((name) => name.toLowerCase()),
  'header names',
  { min: 1, max: 20 },
).describe('Headers that put a request into a segment of the audience; see audience.segments.');

export const identity = section({
  header: text('the name of a header', headerName).exactOptional().describe('Read first.'),
  cookie: text('the name of a cookie', headerName).exactOptional().describe('Read where the header is missing.'),
  segments: segmentHeaders.exactOptional(),
})
  .refine((value) => value.header !== undefined || value.cookie !== undefined, {
    error: 'expected a header, a cookie or both, found neither',
  })
  .describe('Where a request says whose it is. Trust only what your own login layer sets.');

export const entrance = baseUrl('the entrance users take').describe(
  'Base URL of the public entrance, for gray verification.',
);

export const probe = baseUrl('the probe entrance').describe(
  'Base URL of the loopback probe entrance: the same rules, kept out of the metrics.',
);
