/** What somebody outside both regions sees: the witness region, with resolvers of its own. */
export interface ThirdSite {
  /**
   * IPv4 addresses of each name as resolvers there answer now; a name that they do not know has none. Throws UnreachableError when the
   * third site does not answer (time-out 3 s), ServiceUnavailableError when its function fails.
   */
  resolve(names: readonly string[]): Promise<Readonly<Record<string, readonly string[]>>>;
}
