import { containerHarness } from './container-harness.ts';
import { deployerContract } from './contract.ts';

deployerContract('container', containerHarness);
