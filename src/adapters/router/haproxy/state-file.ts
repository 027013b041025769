/**
 * Server states as HAProxy writes and reads them: `show servers state`, and the file it loads at start. The file is
 * composed from the live rows, so that only the two facts we decide differ: administrative state and first health.
 */

import type { PoolName } from '../../../domain/server.ts';
import type { HaproxyInstance } from '../../../domain/spec.ts';

/** One server in one backend. */
export interface StateRow {
  readonly backend: string;
  /** HAProxy's name of the server. */
  readonly name: string;
  /** Takes new requests as far as administration goes: neither in maintenance nor draining. */
  readonly ready: boolean;
  /** HAProxy checks its health. */
  readonly checked: boolean;
  readonly fields: readonly string[];
}

/** Which server of which pool is to be ready at the next start, and whether it was seen alive. */
export interface WantedState {
  readonly ready: boolean;
  readonly alive: boolean;
}

const at = { backend: 1, name: 3, op: 5, admin: 6, checkHealth: 12, checkState: 13 } as const;
const columns =
  '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port';

// Bits of srv_admin_state and srv_check_state.
const forcedMaintenance = 0x01;
const configuredDisabled = 0x04;
const forcedDrain = 0x08;
const checkEnabled = 0x04;
const checkPaused = 0x08;
const stopped = '0';
const running = '2';

export function parseStates(text: string): StateRow[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(' ');
    const { [at.backend]: backend, [at.name]: name, [at.admin]: admin, [at.checkState]: check } = fields;
    if (line.startsWith('#') || backend === undefined || name === undefined || check === undefined) return [];
    const ready = (Number(admin) & (forcedMaintenance | forcedDrain)) === 0;
    return [{ backend, name, ready, checked: (Number(check) & checkEnabled) !== 0, fields }];
  });
}

export const stateText = (rows: readonly StateRow[]): string =>
  ['1', columns, ...rows.map(({ fields }) => fields.join(' ')), ''].join('\n');

/** The row HAProxy shall find at its next start. A row whose state does not change stays as it is, health included. */
export function withState(row: StateRow, { ready, alive }: WantedState): StateRow {
  if (row.ready && ready) return row;
  const number = (column: number) => Number(row.fields[column] ?? 0);
  const disabled = number(at.admin) & configuredDisabled;
  const changes: Readonly<Record<number, string>> = ready
    ? {
        [at.admin]: String(disabled),
        [at.op]: alive ? running : stopped,
        // Up, but down at the first failed check.
        [at.checkHealth]: alive ? '1' : '0',
        [at.checkState]: String(number(at.checkState) & ~checkPaused),
      }
    : { [at.admin]: String(disabled | forcedMaintenance), [at.op]: stopped };
  return { ...row, ready, fields: row.fields.map((field, column) => changes[column] ?? field) };
}

export const rowOf = (rows: readonly StateRow[], instance: HaproxyInstance, pool: PoolName, name: string) =>
  rows.find((row) => row.backend === instance.backends[pool] && row.name === name);

/** True when both texts make the same servers ready. */
export function sameReadiness(one: string, rows: readonly StateRow[]): boolean {
  const ready = (list: readonly StateRow[]) =>
    list
      .map((row) => `${row.backend}/${row.name} ${row.ready}`)
      .sort()
      .join('\n');
  return ready(parseStates(one)) === ready(rows);
}
