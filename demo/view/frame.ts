/** The live picture on a terminal: a scene as lines. Pure. */
import { createColors } from 'picocolors';
import { type ForwardPhase, forwardPhases, isForward } from '../../src/domain/phases.ts';
import type { LoadScene, ReleaseScene, Scene, ServerScene } from './scene.ts';
import { clock, count, percent, percentOfBp, phaseWords } from './words.ts';

const maxEvents = 3;
const maxJournal = 2;

export function frame(scene: Scene, color: boolean, width = 100): string[] {
  const paint = createColors(color);
  const { release, load } = scene;
  const lines = [
    `${paint.bold(`${scene.target} ${scene.base} → ${scene.version}`)}  ${paint.dim(`scenario ${scene.scenario}`)}  ${clock(scene.elapsedMs)}`,
    ...(release === null
      ? ['  about to start']
      : [...phaseLines(release, paint), ...serverLines(release, load, paint)]),
    `  ${paint.dim('users  ')} ${loadLine(load, paint)}`,
    ...scene.events.slice(-maxEvents).map((event) => `  ${paint.dim('demo   ')} ${paint.magenta(event)}`),
    ...(scene.link === null ? [] : [`  ${paint.dim('open   ')} ${scene.link}`]),
  ];
  return lines.map((line) => (color ? line : line.slice(0, width)));
}

type Paint = ReturnType<typeof createColors>;

function phaseLines(release: ReleaseScene, paint: Paint): string[] {
  const lines = [`  ${paint.dim('phase  ')} ${track(release, paint)}`];
  const stage = release.stage === null ? '' : `stage ${release.stage.number} of ${release.stage.of}, `;
  lines.push(`  ${paint.dim('share  ')} ${stage}${paint.bold(percentOfBp(release.shareBp))} of the users on gray`);
  if (release.verdict !== null) {
    lines.push(`  ${paint.dim('verdict')} ${verdictWord(release.verdict.kind, paint)}: ${release.verdict.reason}`);
  }
  if (release.failure !== null) lines.push(`  ${paint.dim('failure')} ${paint.red(release.failure)}`);
  for (const entry of release.journal.slice(-maxJournal)) lines.push(`  ${paint.dim('journal')} ${entry}`);
  if (release.waiting !== null) lines.push(`  ${paint.dim('waiting')} ${paint.yellow(release.waiting)}`);
  return lines;
}

/** The forward phases as marks, the present one by name; off the path, where the release is instead. */
function track(release: ReleaseScene, paint: Paint): string {
  const { phase, outcome } = release;
  if (outcome !== null) return outcome === 'completed' ? paint.green(outcome) : paint.yellow(outcome);
  if (!isForward(phase)) return paint.red(phaseWords(phase));
  const now = forwardPhases.indexOf(phase);
  const mark = (_: ForwardPhase, at: number) =>
    at < now ? paint.green('●') : at === now ? paint.cyan('◉') : paint.dim('○');
  return `${forwardPhases.map(mark).join('')} ${paint.cyan(phaseWords(phase))}`;
}

function verdictWord(kind: string, paint: Paint): string {
  if (kind === 'pass') return paint.green(kind);
  return kind === 'fail' ? paint.red(kind) : paint.yellow(kind);
}

function serverLines(release: ReleaseScene, load: LoadScene, paint: Paint): string[] {
  const longest = Math.max(0, ...release.servers.map((server) => server.id.length));
  return release.servers.map((server) => {
    const rate = load.servers[server.id] ?? 0;
    const facts = [server.id.padEnd(longest), (server.version ?? '-').padEnd(7), armWord(server, paint)];
    return `  ${paint.dim('server ')} ${facts.join('  ')}  ${String(rate).padStart(4)}/s${server.problem === null ? '' : `  ${paint.red(server.problem)}`}`;
  });
}

function armWord({ arm, up }: ServerScene, paint: Paint): string {
  const word = (up ? arm : `${arm}!`).padEnd(7);
  if (!up) return paint.red(word);
  if (arm === 'gray') return paint.cyan(word);
  return arm === 'stable' ? word : paint.dim(word);
}

function loadLine(load: LoadScene, paint: Paint): string {
  const lost = load.lost === 0 ? paint.green('0 lost') : paint.red(`${count(load.lost)} lost`);
  const errors = load.errors === 0 ? '0 errors' : paint.yellow(`${count(load.errors)} errors`);
  const measured = load.measured === null ? '' : `, ${percent(load.measured)} of the users on the new version`;
  return `${count(load.sent)} sent, ${lost}, ${errors}, ${load.perSecond}/s, p99 ${load.p99Ms} ms${measured}`;
}
