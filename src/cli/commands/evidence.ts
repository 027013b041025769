/** `gray evidence`: what a release was judged by, as the table that `gray judge --table` reads. */
import { evidenceCsv, readEvidence } from '../../adapters/evidence/read.ts';
import { releaseStatus } from '../../client.ts';
import { exitStatus } from '../../domain/errors.ts';
import { withClient } from '../session.ts';
import { argument, type Call, textOf, type Verb } from '../verb.ts';

export const evidence: Verb = {
  usage: 'evidence <target>',
  does: 'prints what a release was judged by, as a table (CSV; JSON with --json)',
  more: 'Workers keep it as JSON lines in GRAY_EVIDENCE_DIR. With several workers name the folders of all of them.',
  group: 'Release:',
  example: 'gray evidence payments > evidence.csv && gray judge --table evidence.csv --file payments.yml',
  options: [
    ['--release <name>', 'another release than the latest one of the target'],
    ['--dir <folders...>', 'folders of the workers (default: GRAY_EVIDENCE_DIR)'],
  ],
  run: async (call) => {
    const release = textOf(call.options, 'release') ?? (await latestRelease(call));
    const judged = await readEvidence(foldersOf(call), release);
    call.io.out(call.json ? JSON.stringify(judged, null, 2) : evidenceCsv(judged).trimEnd());
    return exitStatus.ok;
  },
};

const latestRelease = (call: Call): Promise<string> =>
  withClient(call, async (client) => (await releaseStatus(client, argument(call, 0))).release);

const foldersOf = ({ options, config }: Call): readonly string[] =>
  Array.isArray(options.dir) ? options.dir.map(String) : [config.evidenceDir];
