/** What the kinds of deployer need beyond answering for each server. */
import { containerDoctor } from '../adapters/deployer/container/doctor.ts';
import { kubernetesDoctor } from '../adapters/deployer/kubernetes/doctor.ts';
import { sshDoctor } from '../adapters/deployer/ssh/doctor.ts';
import type { ReleaseSpec } from '../domain/spec.ts';
import { type Finding, fail, ok } from './finding.ts';

export async function examineDeployer(spec: ReleaseSpec): Promise<Finding[]> {
  const settings = await settingsOf(spec);
  return settings.map(({ ok: good, what, mend }) => (good ? ok('servers', what) : fail('servers', what, mend)));
}

async function settingsOf({ deployer, ...context }: ReleaseSpec) {
  switch (deployer.kind) {
    case 'container':
      return containerDoctor(deployer, context);
    case 'ssh':
      return sshDoctor(deployer, context);
    case 'kubernetes':
      return kubernetesDoctor(deployer, context);
    default:
      return [];
  }
}
