import type { Plan } from '#domain/plan.ts';

/** The service at a host: its own name, or a load balancer's. No path. */
export const serviceUrl = ({ service: { scheme, port } }: Pick<Plan, 'service'>, host: string): string =>
  `${scheme}://${host}:${port}`;
