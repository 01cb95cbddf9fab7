import type { Instant } from '#domain/side.ts';

/** Where the record of a run is kept when it is over: nobody, the owner of the account included, can change or delete it before its day. */
export interface EvidenceStore {
  /**
   * Keeps `text` under `key` until `until` at least. A key that is there already stays as it is, and is no error: its content is the same, for
   * the key ends in its digest. Returns whether it was new. Throws ServiceUnavailableError or UnreachableError (a later try may help),
   * CallRefusedError (it will not).
   */
  keep(key: string, text: string, until: Instant): Promise<boolean>;
  /** Throws as `keep` does unless the store answers. Keeps nothing. */
  check(): Promise<void>;
}
