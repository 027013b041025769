/** Names in haproxy.cfg that are made from the target's. */

/** Variable names of a target, so that several targets can share a frontend. */
export const variables =
  (target: string) =>
  (name: string): string =>
    `txn.${target.replace(/[^A-Za-z0-9]/g, '_')}_${name}`;

export const fallbackTable = (target: string): string => `${target}_fallbacks`;
