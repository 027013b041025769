/** The end of a rehearsal: no build changed, so users and servers only go back to where they were. */
import { normalPlace } from '../src/domain/desired.ts';
import { rehearsedIn, rehearsedText } from '../src/domain/rehearsal.ts';
import { hearKept } from './kept.ts';
import type { Run } from './run.ts';
import { changed, moveTraffic, normalTraffic } from './traffic.ts';

export const isRehearsal = ({ request }: Run): boolean => request.mode === 'rehearsal';

export async function endRehearsal(run: Run): Promise<void> {
  await hearKept(run);
  const spares = run.spec.servers.flatMap(({ id, gray, spare }) => (gray && spare ? [id] : []));
  await moveTraffic(run, 'the rehearsal is over: users leave gray, servers return', [
    { change: normalTraffic, confirm: true },
    { change: { servers: home(run) }, drain: spares },
  ]);
  run.note(rehearsedText(rehearsedIn(run.state.fold)));
}

/** For the list of releases, which knows no results. */
export const recordOf = ({ state }: Run) => ({ falseRollbacks: rehearsedIn(state.fold).falseRollbacks });

function home({ state, spec }: Run) {
  const ids = spec.servers.filter(({ gray }) => gray).map(({ id }) => id);
  return changed(state.servers, ids, (id) => {
    const server = spec.servers.find((one) => one.id === id);
    return server === undefined || state.servers[id]?.excluded !== null
      ? { place: 'out' }
      : { place: normalPlace(state, server) };
  });
}
