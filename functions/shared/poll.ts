/** What a confirming state answers: the state machine asks again while it is not done, a counted number of times. */
export type Poll<T extends object = object> =
  | ({ readonly done: true; readonly detail: string } & T)
  | { readonly done: false; readonly detail: string };

/** Not yet, and why: one line for people. */
export const notYet = (detail: string): { readonly done: false; readonly detail: string } => ({ done: false, detail });
