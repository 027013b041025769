/** What comes back from a Query or a result is data from elsewhere: an older or newer worker may have written it. */
import type { Status } from '../domain/status.ts';

/** True for a status of the shape this program knows. */
export const isStatus = (value: unknown): value is Status =>
  typeof value === 'object' &&
  value !== null &&
  'schema' in value &&
  value.schema === 1 &&
  'phase' in value &&
  'servers' in value &&
  Array.isArray(value.servers);
