import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { OutOfTimeError } from '#domain/errors.ts';
import type { Plan } from '#domain/plan.ts';
import type { Clock } from '#ports/clock.ts';
import { claims, clock, controls, ledger } from '#src/composition.ts';
import type { Environment, VariableName } from '#src/environment.ts';
import { plan as compiledPlan } from './compiled-plan.ts';
import { type EpochAt, type RequestAt, type Run, rehearsedEvent, type Stage } from './envelope.ts';
import { type Log, TIME_TO_SAY_SO_MS } from './observe.ts';
import { type Needs, needsOf, type PortFactories, type PortsOf } from './port-factory.ts';
import { isReadinessCheck, type Readiness } from './readiness.ts';
import { type Parts, type StepSetup, stepMiddleware } from './step-middleware.ts';

/** What the handler of a state gets, all of it parsed. */
export interface StepContext<I, S extends Stage, F extends PortFactories, V extends VariableName> {
  readonly input: I;
  readonly run: Run;
  readonly request: RequestAt<S>;
  /** Epoch of the claim that this execution holds. */
  readonly epoch: EpochAt<S>;
  /** The ports named in the options, made when first used. */
  readonly ports: PortsOf<F>;
  readonly environment: Pick<Environment, V>;
  readonly plan: Plan;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborts 500 ms before the function's time-out; the step has then failed with OutOfTimeError. */
  readonly signal: AbortSignal;
}

export interface StepOptions<I, S extends Stage, F extends PortFactories, V extends VariableName> {
  /** What the state machine puts under `input`. Default: nothing may be there. */
  readonly input?: z.ZodType<I>;
  /** What the envelope carries beside it. Default: `claimed` (request and epoch). */
  readonly stage?: S;
  /** Factories from src/composition.ts: `ports: { database, databaseSession }`. */
  readonly ports?: F;
  /** Further environment variables that the handler reads itself. */
  readonly environment?: readonly V[];
  /**
   * The step changes something outside. Then `entered` must be on record before it runs (else LedgerUnavailableError, retryable), and the
   * claim must still be held at its epoch (else StaleEpochError). Only for stage `claimed`.
   */
  readonly mutates?: S extends 'claimed' ? boolean : false;
  /**
   * It changes nothing, and ends all the same with StaleEpochError when the claim is another's (a person has taken over) and with AbortedError when a
   * person has aborted. Only for stage `claimed`.
   */
  readonly watches?: S extends 'claimed' ? boolean : false;
  /** It changes nothing, and a pause holds it all the same: what it finds out has to be of the time when the run goes on. */
  readonly heeds?: boolean;
  /** The first that changes something: from here on nobody takes the claim over. A pause sends the run back to its evidence, unless it was begun. */
  readonly begins?: boolean;
  /** What a person ordered does not stop it: it is what an abort runs. */
  readonly undoes?: boolean;
  /**
   * What it gives has to be on record before the run goes on: people decide by it, or it says how the run ended. When it cannot be written the step has
   * failed with LedgerUnavailableError and is done again: only for one that can be repeated.
   */
  readonly attests?: boolean;
  /** It confirms what takes its time (`done: false`: not yet): it looks several times within a moment before the state machine waits. */
  readonly patient?: boolean;
  /** It cannot be undone: an abort that comes before it holds it back, and none is taken once it was let begin. */
  readonly oneWay?: boolean;
}

export type StepFunction<I, S extends Stage, F extends PortFactories, V extends VariableName, R> = (
  context: StepContext<I, S, F, V>,
) => Promise<R>;

/** A Lambda handler. `step` is the bare function, for tests; `with` is the same handler over other parts. */
export interface StepHandler<I, S extends Stage, F extends PortFactories, V extends VariableName, R> {
  (event: unknown, context: Context): Promise<R>;
  readonly step: StepFunction<I, S, F, V, R>;
  readonly needs: Needs;
  with(parts: Partial<Parts<F>>): (event: unknown, context: Context) => Promise<R>;
}

/** The layers around what a step does, with an end before the time-out of the function. */
const framed = <R>(
  layers: ReturnType<typeof stepMiddleware>['layers'],
  inner: (event: unknown, context: Context, time: { signal: AbortSignal }) => Promise<R>,
) => {
  const handler = middy({
    timeoutEarlyInMillis: TIME_TO_SAY_SO_MS,
    timeoutEarlyResponse: () => {
      throw new OutOfTimeError('the step stopped itself before the time-out of its function');
    },
  });
  return handler.use(layers).handler(inner) as unknown as (event: unknown, context: Context) => Promise<R>;
};

/**
 * The one middleware bundle of every state: strict envelope, environment, logger, metrics, record of the transition, claim check, abort before
 * the time-out. `export const handler = pipeline({ ports: { database }, mutates: true }).handler(promoteReplica)`.
 * What a step throws is what Step Functions sees: `errorType` is the error's `name`.
 */
export const pipeline = <
  I = undefined,
  S extends Stage = 'claimed',
  // biome-ignore lint/complexity/noBannedTypes: no ports named means the empty record.
  F extends PortFactories = {},
  V extends VariableName = never,
>(
  options: StepOptions<I, S, F, V>,
) => ({
  handler: <R>(step: StepFunction<I, S, F, V, R>): StepHandler<I, S, F, V, R> => {
    const build = (parts: Partial<Parts<F>>) => {
      const setup: StepSetup<I, S, F, V> = {
        input: options.input ?? (z.undefined() as unknown as z.ZodType<I>),
        stage: options.stage ?? ('claimed' as S),
        ports: options.ports ?? ({} as F),
        environment: options.environment ?? [],
        mutates: options.mutates === true,
        watches: options.watches === true,
        begins: options.begins === true,
        heeds: options.heeds === true || (options.mutates === true && options.undoes !== true),
        oneWay: options.oneWay === true,
        attests: options.attests === true,
        patient: options.patient === true,
        own: { claims, clock, controls, ledger },
        plan: compiledPlan,
        parts,
      };
      const middleware = stepMiddleware(setup);
      const run = framed(middleware.layers, middleware.run(step));

      /**
       * Everything that surrounds a step, over a run that there is not, and instead of the step one look at each port: a process that did it has
       * the code of a recovery ready. What is not well is said by the ports' own checks.
       */
      const readiness = async (context: Context): Promise<Readiness> => {
        try {
          const { stage } = setup;
          const rehearsal = stepMiddleware<unknown, S, F, V>({
            ...setup,
            input: z.unknown(),
            oneWay: false,
            patient: false,
            parts: middleware.rehearsing(),
          });
          const rehearse = framed(rehearsal.layers, rehearsal.run(middleware.checkPorts));
          return await rehearse(rehearsedEvent(stage), context);
        } catch {
          return middleware.checkPorts();
        }
      };
      return (event: unknown, context: Context): Promise<R | Readiness> =>
        isReadinessCheck(event) ? readiness(context) : run(event, context);
    };
    const handler = build({}) as unknown as (event: unknown, context: Context) => Promise<R>;
    return Object.assign(handler, {
      step,
      needs: needsOf(
        {
          ...options.ports,
          ledger,
          clock,
          ...(options.mutates || options.watches ? { claims, controls } : {}),
        },
        options.environment ?? [],
        options,
      ),
      with: (parts: Partial<Parts<F>>) => build(parts) as unknown as typeof handler,
    });
  },
});
