/** The remaining sections: how the phases behave, all with defaults. */
import { z } from 'zod';
import { approval } from './ramp.ts';
import { decimal, envName, expects, flag, list, oneOf, section, whole } from './scalars.ts';
import { countOrPercent, duration } from './units.ts';

export const capacity = section({
  maxLoad: decimal(1, 10).default(1.3).describe('Highest load of a pool; 1.0 is the load of normal operation.'),
  minServing: countOrPercent()
    .exactOptional()
    .describe('Servers that serve at every moment, both pools together: a number, or a percent of those not spare.'),
})
  .prefault({})
  .describe('What the servers can carry.');

export const data = section({
  compatible: oneOf(['both', 'forwardOnly']).describe(
    'both: either version reads what the other writes. forwardOnly: the base version cannot read what the new one writes.',
  ),
  pointOfNoReturn: oneOf(['leveling'])
    .exactOptional()
    .describe('From here on there is no rollback; entering it is a gate.'),
})
  .exactOptional()
  .describe('Whether the two versions can share their data.');

export const deployment = section({
  strays: oneOf(['bring-to-base', 'refuse'])
    .default('bring-to-base')
    .describe('A stable server found on another version: bring it to base, or refuse the release.'),
  parallel: countOrPercent(100)
    .prefault(4)
    .describe('Servers changed at the same time: a number, or a percent of all.'),
  attempts: whole(1, 20).default(3).describe('Attempts per server before it counts as failed.'),
  drain: duration('100ms', '1d').prefault('30s').describe('Longest wait for open requests before they are cut.'),
})
  .prefault({})
  .describe('How servers change.');

export const leveling = section({
  batch: countOrPercent()
    .prefault('25%')
    .describe('Servers per batch: a number, or a percent of those that are not gray.'),
  byZone: flag().default(false).describe('A batch takes servers of one zone, and zones take turns.'),
  warmUp: duration('100ms', '1d')
    .exactOptional()
    .describe('From the return of a batch until the next one leaves; default: at once.'),
  approval: approval('hold').exactOptional().describe('A person opens the way to leveling.'),
  onServerFailure: oneOf(['exception', 'wait'])
    .default('exception')
    .describe('A server that does not come up: exception period at once, or wait for an operator.'),
})
  .prefault({})
  .describe('The other servers, batch by batch.');

export const exception = section({
  policy: oneOf(['rollback', 'hold']).default('rollback').describe('hold: wait for an operator first.'),
  holdFor: duration('100ms', '90d').prefault('4h').describe('A hold that runs out rolls back.'),
  drain: duration('100ms', '1d').prefault('30s').describe('Open gray sessions are closed after this.'),
  crashLoop: whole(1, 100)
    .default(3)
    .describe('A gray server that goes down so many times in one release fails it, whatever the judge says.'),
  onDrift: oneOf(['restore', 'hold'])
    .default('restore')
    .describe(
      'A route that somebody changed by hand: set it again, or pause and leave it until an operator says resume.',
    ),
  batch: countOrPercent()
    .exactOptional()
    .describe('Servers per batch of the way back, or a percent of all. Default: as many as the load allows.'),
  parallel: countOrPercent(100)
    .exactOptional()
    .describe(
      'Servers changed at the same time on the way back, or a percent of all. Default: 4 × deployment.parallel.',
    ),
})
  .prefault({})
  .describe('After a failure users leave gray at once; then this.');

export const watch = section({
  for: duration('100ms', '90d').prefault('30m').describe('Rollback stays one command for this long.'),
})
  .prefault({})
  .describe('After the last server.');

const webhook = section({
  kind: z.literal('webhook').describe('HTTP POST.'),
  urlEnv: envName().describe('Environment variable that holds the URL, which is often a secret.'),
  format: oneOf(['json', 'slack']).default('json'),
});

const notifier = z.discriminatedUnion(
  'kind',
  [section({ kind: z.literal('log').describe("The worker's log.") }), webhook, section({ kind: z.literal('memory') })],
  { error: expects('a group of keys with a kind') },
);

export const notify = list(notifier, 'notifiers', { max: 20 })
  .default([{ kind: 'log' }])
  .describe('Who is told.');
