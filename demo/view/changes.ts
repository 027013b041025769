/** The same scene where there is no terminal: one line per change, and none while nothing changes. Pure. */
import type { ReleaseScene, Scene, ServerScene } from './scene.ts';
import { clock, count, percentOfBp } from './words.ts';

export function changes(before: Scene | null, now: Scene): string[] {
  const { sent, lost } = now.load;
  const told = new Map(factsOf(before));
  const journal = now.release?.journal.slice(before?.release?.journal.length ?? 0) ?? [];
  const events = now.events.slice(before?.events.length ?? 0).map((event) => `demo: ${event}`);
  const news = factsOf(now).flatMap(([about, text]) => (told.get(about) === text ? [] : [text]));
  return [...journal, ...events, ...news].map(
    (line) => `${clock(now.elapsedMs)}  ${line}  (${count(sent)} sent, ${count(lost)} lost)`,
  );
}

/** What can be told of a scene, each under a name of its own. */
function factsOf(scene: Scene | null): (readonly [about: string, text: string])[] {
  if (scene === null || scene.release === null) return [];
  const { release, load, link } = scene;
  if (release.outcome !== null) return [['outcome', `outcome ${release.outcome}`]];
  if (release.committed) return [];
  return [
    ...(link === null ? [] : [['link', `open ${link}`] as const]),
    ['share', shareText(release)],
    // The kind alone: its reason moves with every interval.
    ...(release.verdict === null ? [] : [['verdict', `verdict ${release.verdict.kind}`] as const]),
    ...(release.waiting === null ? [] : [['waiting', `waiting: ${release.waiting}`] as const]),
    ...release.servers.map((server) => [server.id, serverText(server)] as const),
    ...(load.lost === 0 ? [] : [['lost', `LOST ${count(load.lost)} requests`] as const]),
  ];
}

const shareText = ({ shareBp }: ReleaseScene): string => `share ${percentOfBp(shareBp)}`;

const serverText = ({ id, version, arm, up, problem }: ServerScene): string =>
  `${id} ${version ?? 'runs nothing'}, ${arm}${up ? '' : ', down'}${problem === null ? '' : `: ${problem}`}`;
