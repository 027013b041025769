/** What runs on a server, as one line of base64: the parts in `remote/`, without what only people read. */
import { readFileSync } from 'node:fs';

const parts = ['claims.sh', 'server.sh', 'operations.sh'];

const text = parts.map((name) => readFileSync(new URL(`./remote/${name}`, import.meta.url), 'utf8')).join('');

export const remoteScript = Buffer.from(text.replaceAll(/^ *#.*\n|^ +/gm, '')).toString('base64');
