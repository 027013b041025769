/** `npm run -s schema`: the JSON Schema of the release file, for editors, on standard output. */
import { releaseJsonSchema } from '../src/spec.ts';

console.log(JSON.stringify(releaseJsonSchema(), null, 2));
