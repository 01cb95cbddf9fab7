/** How a run is led to a state: what is asked for, and what the approvers decide. */
export interface Route {
  readonly mode: 'failover' | 'dry-run';
  /** The primary's database stops in the middle of its work, and somebody of its application still holds the write lease. */
  readonly hangs?: true;
  /** Undefined: nobody is asked. */
  readonly approval?: { readonly choice: 'approve' | 'decline'; readonly round: 1 | 2; readonly decideWithin: string };
}

const asked = (choice: 'approve' | 'decline', round: 1 | 2, decideWithin: string): Route => ({
  mode: 'failover',
  approval: { choice, round, decideWithin },
});

/** The first round takes a third of the time: 3 s of 9 s where nobody decides in it. */
const ROUTES: Readonly<Record<string, Route>> = {
  PlanChanges: { mode: 'dry-run' },
  ConfirmFence: { mode: 'failover', hangs: true },
  RequestApproval: asked('approve', 1, '3m'),
  EscalateApproval: asked('approve', 2, '9s'),
  RenewFence: asked('approve', 1, '3m'),
  LiftFence: asked('decline', 1, '3m'),
};

export const routeOf = (state: string): Route => ROUTES[state] ?? { mode: 'failover' };
