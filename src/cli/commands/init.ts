/** `gray init`: an annotated release file to start from. */
import { open } from 'node:fs/promises';
import { exitStatus } from '../../domain/errors.ts';
import { isTemplateName, releaseTemplate, templates } from '../../spec/template.ts';
import { invalid } from '../io.ts';
import { print } from '../session.ts';
import { isSet, textOf, type Verb } from '../verb.ts';

const names = Object.keys(templates);

export const init: Verb = {
  usage: 'init [file]',
  does: 'writes an annotated release file (release.yml)',
  more: `Templates:\n${Object.entries(templates)
    .map(([name, what]) => `  ${name}: ${what}`)
    .join('\n')}`,
  group: 'Prepare:',
  example: 'gray init payments.yml --template one-machine',
  options: [
    ['--template <name>', `one of ${names.join(', ')}`],
    ['--force', 'overwrite the file'],
  ],
  run: async (call) => {
    const file = call.args[0] ?? 'release.yml';
    const name = textOf(call.options, 'template') ?? 'annotated';
    if (!isTemplateName(name)) throw invalid(`no template ${name}; known: ${names.join(', ')}`);
    await write(file, releaseTemplate(name), isSet(call.options, 'force'));
    print(call, { file, template: name }, () => `wrote ${file}; next: gray validate ${file}`);
    return exitStatus.ok;
  },
};

async function write(file: string, text: string, force: boolean): Promise<void> {
  const handle = await open(file, force ? 'w' : 'wx').catch((cause: unknown) => {
    const exists = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    throw exists ? invalid(`${file} exists; --force overwrites it`) : cause;
  });
  try {
    await handle.writeFile(text);
  } finally {
    await handle.close();
  }
}
