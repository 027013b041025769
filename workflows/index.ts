/** The one entry of the workflow bundle. */
export { grayRelease } from './release.ts';
