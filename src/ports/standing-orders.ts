import type { StandingOrders as Standing, StandingOrder, WindowOrder } from '#domain/standing-orders.ts';

/** Orders of people that hold for every run of a plan, kept in the standby region: the kill switch, and the window that was started by hand. */
export interface StandingOrders {
  /** Strongly consistent; nothing ordered gives nulls. A window that is over is given all the same: whoever reads compares the time. */
  read(plan: string): Promise<Standing>;
  /** Repeating it keeps the first order. */
  switchOff(plan: string, order: StandingOrder): Promise<Standing>;
  switchOn(plan: string): Promise<Standing>;
  /**
   * A later one takes the place of an earlier that is over by then, or its own person's. One conditional write: null, and nothing changes, when
   * somebody else's is open and lasts longer.
   */
  startMaintenance(plan: string, order: WindowOrder): Promise<Standing | null>;
  endMaintenance(plan: string): Promise<Standing>;
}
