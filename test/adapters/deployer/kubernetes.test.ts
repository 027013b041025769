import { deployerContract } from './contract.ts';
import { interruptionContract } from './interruptions.ts';
import { kubernetesHarness } from './kubernetes-harness.ts';

for (const workload of ['deployment', 'pod'] as const) {
  deployerContract(`kubernetes, ${workload}`, () => kubernetesHarness({ workload }));
  interruptionContract(`kubernetes, ${workload}`, { worker: ['PATCH', 'POST', 'DELETE'] }, () =>
    kubernetesHarness({ workload }),
  );
}
