/** Resolved units: whole milliseconds and basis points. */
import { envName, list, whole } from '../scalars.ts';

/** At most 90 days. */
export const milliseconds = () => whole(1, 90 * 86_400_000);

export const basisPoints = (min: 0 | 1) => whole(min, 10_000);

export const names = () => list(envName(), 'names of environment variables', { max: 100 });
