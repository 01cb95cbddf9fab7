/** The secret that decision links are signed with. Lives in the standby region and never leaves the functions. */
export interface LinkKey {
  get(): Promise<string>;
}
