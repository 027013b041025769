/** Every router that is measured and listed. */
import type { RouterEntry } from '../entry.ts';
import { embedded } from './embedded.ts';
import { haproxy } from './haproxy.ts';

export const entries: readonly RouterEntry[] = [embedded, haproxy];
