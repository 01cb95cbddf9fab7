import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type * as z from 'zod';
import { OutOfTimeError } from '#domain/errors.ts';
import type { Plan } from '#domain/plan.ts';
import type { Clock } from '#ports/clock.ts';
import { clock } from '#src/composition.ts';
import { type Environment, parseEnvironment, type VariableName } from '#src/environment.ts';
import { pieceOfWork } from '#src/work.ts';
import { plan as compiledPlan } from './compiled-plan.ts';
import { parseStrictly } from './envelope.ts';
import { type Log, type Observer, observer, TIME_TO_SAY_SO_MS } from './observe.ts';
import { lazyPorts, type Needs, needsOf, type PortFactories, type PortsOf, prime } from './port-factory.ts';
import { checkReadiness, isReadinessCheck, type Readiness } from './readiness.ts';
import { secrecy } from './secrecy.ts';

/** What the handler of an event gets: intake, probe, notifier, manual start. They are no states and write no transitions by themselves. */
export interface EventContext<E, F extends PortFactories, V extends VariableName> {
  readonly event: E;
  readonly ports: PortsOf<F>;
  readonly environment: Pick<Environment, V>;
  readonly plan: Plan;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

export interface EventOptions<E, F extends PortFactories, V extends VariableName> {
  /** Name in logs and metrics: `ReceiveAlarm`. */
  readonly name: string;
  /** A schema, or a function that throws InvalidRequestError. AWS adds fields to its own events: schemas of those are not strict. */
  readonly parse: z.ZodType<E> | ((event: unknown) => E);
  readonly ports?: F;
  readonly environment?: readonly V[];
}

export type EventFunction<E, F extends PortFactories, V extends VariableName, R> = (
  context: EventContext<E, F, V>,
) => Promise<R>;

export interface EventParts<F extends PortFactories> {
  readonly ports: PortsOf<F>;
  readonly clock: Clock;
  readonly plan: Plan;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface EventHandler<E, F extends PortFactories, V extends VariableName, R> {
  (event: unknown, context: Context): Promise<R>;
  readonly step: EventFunction<E, F, V, R>;
  readonly needs: Needs;
  with(parts: Partial<EventParts<F>>): (event: unknown, context: Context) => Promise<R>;
}

/** The bundle for functions that are no states: parse, environment, logger, metrics, abort before the time-out. */
export const event = <
  E,
  // biome-ignore lint/complexity/noBannedTypes: no ports named means the empty record.
  F extends PortFactories = {},
  V extends VariableName = never,
>(
  options: EventOptions<E, F, V>,
) => ({
  handler: <R>(step: EventFunction<E, F, V, R>): EventHandler<E, F, V, R> => {
    const build = (parts: Partial<EventParts<F>>) => {
      const plan = parts.plan ?? compiledPlan;
      const names = [
        ...(options.environment ?? []),
        ...(parts.ports ? [] : Object.values(options.ports ?? {}).flatMap((port) => port.variables as VariableName[])),
      ];
      let parsed: Partial<Environment> | undefined;
      const environment = (): Partial<Environment> => {
        parsed ??= parseEnvironment(names, parts.environment ?? process.env);
        return parsed;
      };
      const ports = parts.ports ?? lazyPorts(options.ports ?? ({} as F), environment, plan);
      if (process.env.AWS_LAMBDA_FUNCTION_NAME && !parts.ports) prime(ports);
      const time = parts.clock ?? clock.create({}, plan);
      let watch: Observer | undefined;
      const observe = (): Observer => {
        watch ??= observer(plan.plan);
        return watch;
      };
      let startedMs = 0;
      const run = middy({
        timeoutEarlyInMillis: TIME_TO_SAY_SO_MS,
        timeoutEarlyResponse: () => {
          throw new OutOfTimeError('the function stopped itself before its time-out');
        },
      })
        .use({
          before: () => {
            startedMs = Date.now();
            observe().begin({ function: options.name });
            environment();
          },
          after: () => observe().end(options.name, startedMs),
          onError: (request) => observe().end(options.name, startedMs, request.error),
        })
        .use(secrecy)
        .handler(async (raw: unknown, _context: Context, { signal }: { signal: AbortSignal }) =>
          pieceOfWork(
            async (over) =>
              step({
                event:
                  typeof options.parse === 'function' ? options.parse(raw) : parseStrictly(options.parse, raw, 'event'),
                ports,
                environment: environment() as Pick<Environment, V>,
                plan,
                clock: time,
                log: observe().log,
                signal: over,
              }),
            signal,
          ),
        ) as unknown as (event: unknown, context: Context) => Promise<R>;
      return (raw: unknown, context: Context): Promise<R | Readiness> => {
        if (!isReadinessCheck(raw)) return run(raw, context);
        observe().begin({ function: options.name, check: 'readiness' });
        environment();
        return checkReadiness(options.ports ?? {}, ports, plan, observe());
      };
    };
    const handler = build({}) as unknown as (event: unknown, context: Context) => Promise<R>;
    return Object.assign(handler, {
      step,
      needs: needsOf({ ...options.ports, clock }, options.environment ?? []),
      with: (parts: Partial<EventParts<F>>) => build(parts) as unknown as typeof handler,
    });
  },
});
