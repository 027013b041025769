/** Files and Envoy: what lies there is what a restart makes of the traffic, so it has to be what runs. */
import { readIfThere } from '../haproxy/files.ts';
import { placesOf } from './admin.ts';
import { type Looked, routeOf } from './running.ts';
import { filesOf, routeFile, type Site, serverFiles } from './site.ts';

/** The generation that the text of a route file names; empty where there is none. */
export const generationIn = (text: string): string => /^\{"version_info":"([0-9]+-[0-9a-f]{16})"/.exec(text)?.[1] ?? '';

/** One sentence per file that is not as it was written. */
export async function driftAt(site: Site, { generation: running, hosts }: Looked): Promise<string[]> {
  const { route } = filesOf(site);
  const file = await readIfThere(route);
  const written = generationIn(file);
  if (written !== running) {
    return [`${route} holds generation ${written || 'none'}, and Envoy runs ${running || 'none'}`];
  }
  const places = placesOf(hosts, site.context);
  const servers = await Promise.all(
    serverFiles(site, places).map(async ([path, text]) =>
      (await readIfThere(path)) === text ? [] : [`${path} was changed by hand; the next write mends it`],
    ),
  );
  const changed = running !== '' && file !== routeFile(site, await routeOf(site, running));
  return [...(changed ? [`${route} was changed by hand; the next write mends it`] : []), ...servers.flat()];
}
