/** The release file as it is written: every section, before defaults that depend on another section. */
import type { z } from 'zod';
import { deployer, hooks } from './deployer.ts';
import { judge } from './judge.ts';
import { capacity, data, deployment, exception, leveling, notify, watch } from './lifecycle.ts';
import { metrics } from './metrics.ts';
import { audience, ramp } from './ramp.ts';
import { router } from './router.ts';
import { nameText, section } from './scalars.ts';
import { artifact, base, servers, versionProbe } from './servers.ts';
import { verify } from './verify.ts';

export const sections = {
  target: nameText('a target name').describe('The service that is released.'),
  servers,
  version: versionProbe,
  artifact,
  base: base.exactOptional(),
  router,
  deployer,
  metrics,
  verify,
  audience,
  ramp,
  judge,
  capacity,
  data,
  hooks,
  deployment,
  leveling,
  exception,
  watch,
  notify,
};

export const releaseFile = section(sections).describe('A release of gray-release.');

/** Units are resolved, defaults within a section are filled in. */
export type ReleaseFile = z.output<typeof releaseFile>;

/** The sections that are right by themselves, when others are not. */
export type GoodSections = { readonly [K in keyof ReleaseFile]?: ReleaseFile[K] | undefined };
