/** Section `notify`: who is told, by kind. */

export type NotifierSpec = { readonly kind: 'memory' } | { readonly kind: 'log' } | WebhookNotifierSpec;

export interface WebhookNotifierSpec {
  readonly kind: 'webhook';
  /** Environment variable that holds the URL, which is often a secret. */
  readonly urlEnv: string;
  readonly format: 'json' | 'slack';
}
