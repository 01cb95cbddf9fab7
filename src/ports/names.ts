/** Names as a client that comes now would have them resolved: nothing is kept from before. */
export interface Names {
  /** IPv4 addresses; throws UnreachableError when there is none or no resolver answers (time-out 1.6 s). */
  resolve(host: string): Promise<readonly string[]>;
}
