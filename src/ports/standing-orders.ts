import type { StandingOrders as Standing, StandingOrder, WindowOrder } from '#domain/standing-orders.ts';

/** Orders of people that hold for every run of a plan, kept in the standby region: the kill switch, and the window that was started by hand. */
export interface StandingOrders {
  /** Strongly consistent; nothing ordered gives nulls. A window that is over is given all the same: whoever reads compares the time. */
  read(plan: string): Promise<Standing>;
  /** Repeating it keeps the first order. */
  switchOff(plan: string, order: StandingOrder): Promise<Standing>;
  switchOn(plan: string): Promise<Standing>;
  /** A later one takes the place of an earlier: the window is as the last person said. */
  startMaintenance(plan: string, order: WindowOrder): Promise<Standing>;
  endMaintenance(plan: string): Promise<Standing>;
}
