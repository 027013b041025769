/** Shapes that several adapter sections share. */
import { expects, text } from '../scalars.ts';

export const kindError = { error: expects('a group of keys with a kind') };
export const label = () => text('one line', /^[^\r\n\0]{1,5000}$/);
export const url = () => text('an http:// or https:// URL', /^https?:\/\/[^\s@]{1,2000}$/);
