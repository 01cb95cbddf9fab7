import type { Context } from 'aws-lambda';
import type * as z from 'zod';
import { PausedError, StaleEpochError } from '#domain/errors.ts';
import { link } from '#domain/ledger-chain.ts';
import type { Plan } from '#domain/plan.ts';
import { SKIPPABLE } from '#domain/steps.ts';
import type { Claims } from '#ports/claims.ts';
import type { Clock } from '#ports/clock.ts';
import { type Control, type Controls, NOTHING_ORDERED } from '#ports/controls.ts';
import type { Ledger } from '#ports/ledger.ts';
import { type Environment, parseEnvironment, type VariableName } from '#src/environment.ts';
import { pieceOfWork } from '#src/work.ts';
import { abortedBy } from '../shared/aborted-by.ts';
import { type Envelope, looseRequest, parseEnvelope, parseRun, type Run, type Stage } from './envelope.ts';
import { type Observer, observer } from './observe.ts';
import { patiently } from './patiently.ts';
import type { StepContext, StepFunction } from './pipeline.ts';
import { lazyPorts, type PortFactories, type PortFactory, type PortsOf, prime } from './port-factory.ts';
import { checkReadiness, type Readiness } from './readiness.ts';
import { type Recorder, recorder } from './record.ts';
import { secrecy } from './secrecy.ts';

/** What a test may put in the place of the real parts. */
export interface Parts<F extends PortFactories> {
  readonly ports: PortsOf<F>;
  readonly ledger: Ledger;
  readonly claims: Claims;
  readonly controls: Controls;
  readonly clock: Clock;
  readonly plan: Plan;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface StepSetup<I, S extends Stage, F extends PortFactories, V extends VariableName> {
  readonly input: z.ZodType<I>;
  readonly stage: S;
  readonly ports: F;
  readonly environment: readonly V[];
  readonly mutates: boolean;
  /** The claim is looked at before it begins, though it changes nothing. */
  readonly watches: boolean;
  /** It marks the claim as acting before it begins. */
  readonly begins: boolean;
  /** Orders of people are looked at before it begins. */
  readonly heeds: boolean;
  readonly oneWay: boolean;
  /** What it gives has to be on record. */
  readonly attests: boolean;
  readonly patient: boolean;
  readonly own: {
    readonly ledger: PortFactory<Ledger, 'LEDGER_TABLE'>;
    readonly claims: PortFactory<Claims, 'STATE_TABLE'>;
    readonly controls: PortFactory<Controls, 'STATE_TABLE'>;
    readonly clock: PortFactory<Clock>;
  };
  readonly plan: Plan;
  readonly parts: Partial<Parts<F>>;
}

interface Request {
  readonly event: unknown;
  readonly context: Context;
  readonly response: unknown;
  readonly error: unknown;
}

/** What the layers of one invocation share. A Lambda process runs one invocation at a time. */
interface Invocation<I, S extends Stage> {
  readonly startedMs: number;
  step: string;
  recorder?: Recorder;
  entering?: Promise<void>;
  control?: Control | undefined;
  envelope?: Envelope<I, S>;
}

/** What a skipped step gives; undefined when nobody skipped it or nobody may. */
const skipped = <R>({ control, step }: { control?: Control | undefined; step: string }): Promise<R> | undefined => {
  const order = control?.skips[step];
  const consequence = SKIPPABLE[step];
  return order && consequence ? Promise.resolve({ skipped: order, consequence } as R) : undefined;
};

/** The layers in their order: observe, heed orders, record (`entered` ... `left` | `failed`), parse, claim, keep secrets. */
export const stepMiddleware = <I, S extends Stage, F extends PortFactories, V extends VariableName>(
  setup: StepSetup<I, S, F, V>,
) => {
  const plan = setup.parts.plan ?? setup.plan;
  const { ledger, claims, controls, clock: time } = setup.own;
  const holds = setup.mutates || setup.watches;
  const factories = {
    ...setup.ports,
    ledger,
    clock: time,
    ...(holds ? { claims, controls } : {}),
  };
  const names = [
    ...setup.environment,
    ...(setup.parts.ports ? [] : Object.values(setup.ports).flatMap((port) => port.variables as VariableName[])),
    ...(setup.parts.ledger ? [] : setup.own.ledger.variables),
    ...(holds && !setup.parts.claims ? setup.own.claims.variables : []),
    // As `orders` below: over other parts without controls nobody orders anything.
    ...(holds && !setup.parts.controls && !setup.parts.claims ? setup.own.controls.variables : []),
  ];
  let parsed: Partial<Environment> | undefined;
  const environment = (): Partial<Environment> => {
    parsed ??= parseEnvironment(names, setup.parts.environment ?? process.env);
    return parsed;
  };
  const made = lazyPorts(factories, environment, plan) as PortsOf<F> & {
    ledger: Ledger;
    claims: Claims;
    controls: Controls;
    clock: Clock;
  };
  const ports = setup.parts.ports ?? (made as PortsOf<F>);
  const clock = (): Clock => setup.parts.clock ?? made.clock;

  if (process.env.AWS_LAMBDA_FUNCTION_NAME && !setup.parts.ports) prime(made);

  let watch: Observer | undefined;
  const observe = (): Observer => {
    watch ??= observer(plan.plan);
    return watch;
  };
  let now: Invocation<I, S> = { startedMs: 0, step: 'unknown' };

  const observing = {
    before: (): void => {
      now = { startedMs: Date.now(), step: 'unknown' };
      observe().begin({});
      environment();
    },
    after: (): void => observe().end(now.step, now.startedMs),
    onError: (request: Request): void => observe().end(now.step, now.startedMs, request.error),
  };

  /** Over other parts without controls nobody orders anything. */
  const orders = (): Controls | undefined => setup.parts.controls ?? (setup.parts.claims ? undefined : made.controls);

  /** What several layers will ask for is asked for at once. */
  const preparing = {
    before: ({ event }: Request): void => {
      (setup.parts.ledger ?? made.ledger).prepare(parseRun(event).execution);
    },
  };

  /** A run that was taken over from ends now, not when nobody holds it any more. Whoever cannot be asked says nothing. */
  const isOurs = async (event: unknown, run: Run): Promise<boolean> => {
    const { epoch } = (event ?? {}) as { epoch?: unknown };
    if (typeof epoch !== 'number') return true;
    return claimPort()
      .check(plan.plan, run.execution, epoch)
      .then(
        () => true,
        (error: unknown) => !(error instanceof StaleEpochError),
      );
  };

  /** Off the record: a pause is asked for again and again, and who ordered it stands there already. */
  const holding = {
    before: async ({ event }: Request): Promise<void> => {
      const run = parseRun(event);
      now.step = run.state;
      now.control = await orders()?.read(run.execution);
      const { pause, abort } = now.control ?? NOTHING_ORDERED;
      // What was begun is made whole: a half fence is nothing to look at for an hour.
      if (pause && !abort && !(setup.begins && run.attempt > 0) && (await isOurs(event, run))) {
        throw new PausedError(
          `paused by ${pause.by} at ${pause.at}: ${pause.reason}; while it runs continuity resume lets it go on, once it has failed continuity retry`,
        );
      }
    },
  };

  const recording = {
    before: ({ event, context }: Request): void => {
      const run = parseRun(event);
      const request = looseRequest(event);
      now.step = run.state;
      observe().begin({
        incident: request?.incident.id,
        execution: run.execution,
        state: run.state,
        attempt: run.attempt,
      });
      now.recorder = recorder({
        ledger: setup.parts.ledger ?? made.ledger,
        clock: clock(),
        observer: observe(),
        plan: plan.plan,
        run,
        request,
        input: (event as { input?: unknown }).input,
        context,
      });
      now.entering = now.recorder.entered(setup.mutates);
    },
    after: (request: Request): Promise<void> | undefined => now.recorder?.left(request.response, setup.attests),
    onError: (request: Request): Promise<void> | undefined => now.recorder?.failed(request.error),
  };

  const parsing = {
    before: ({ event }: Request): void => {
      now.envelope = parseEnvelope(event, setup.stage, setup.input);
    },
  };

  const claimPort = (): Claims => setup.parts.claims ?? made.claims;
  const claimed = () => now.envelope as unknown as Envelope<I, 'claimed'>;

  /** Of a run that was taken over from, the next step ends here. */
  const held = (): Promise<void> => {
    const { run, epoch } = claimed();
    return setup.begins
      ? claimPort().act(plan.plan, run.execution, epoch, clock().now())
      : claimPort().check(plan.plan, run.execution, epoch);
  };

  /** What changes nothing ends by an abort too: nobody looks for evidence, or waits for a lease, of a run that is to end. */
  const watching = {
    before: async (): Promise<void> => {
      const { run } = claimed();
      const [control] = await Promise.all([orders()?.read(run.execution), held()]);
      if (control?.abort && control.committedAt === null) throw abortedBy(control.abort);
    },
  };

  /** For whoever asks later, in another run, whether the standby may be on its way. */
  const committed = (): Promise<void> => {
    const { run, epoch, request } = claimed();
    return claimPort().commit(plan.plan, run.execution, epoch, request.incident.id, clock().now());
  };

  /**
   * A change waits for both: it is on record, and then the claim is still held. In this order, so that whoever closes the claim of a run that is over
   * and reads its record after that has read of every change that was let begin.
   */
  const claiming = {
    before: async (): Promise<void> => {
      const { run } = claimed();
      await now.entering;
      await held();
      if (!setup.heeds) return;
      const { abort } = now.control ?? NOTHING_ORDERED;
      // Whoever reads that there is no abort may read too early: the one-way step asks by a conditional write.
      const late = setup.oneWay && (await orders()?.commit(run.execution, clock().now())) === false;
      if ((abort && now.control?.committedAt === null) || late) {
        const order = abort ?? (await orders()?.read(run.execution))?.abort;
        throw abortedBy(order);
      }
      // Before the change, not after it: who goes on with this incident has to know of a promotion whose run died in it.
      if (setup.oneWay) await committed();
    },
  };

  const begin = <R>(step: StepFunction<I, S, F, V, R>, signal: AbortSignal): Promise<R> =>
    step({
      ...(now.envelope as Envelope<I, S>),
      ports,
      environment: environment() as StepContext<I, S, F, V>['environment'],
      plan,
      clock: clock(),
      log: observe().log,
      signal,
    });

  /** Over other parts nothing takes time: one look is enough. The layers around it are no part of the work: they go on after its end. */
  const run =
    <R>(step: StepFunction<I, S, F, V, R>) =>
    (_event: unknown, _context: Context, { signal }: { signal: AbortSignal }): Promise<R> =>
      skipped<R>(now) ??
      pieceOfWork(
        (over) => (setup.patient && !setup.parts.ports ? patiently(() => begin(step, over), over) : begin(step, over)),
        signal,
      );

  const checkPorts = (): Promise<Readiness> => {
    observe().begin({ check: 'readiness' });
    environment();
    return checkReadiness(
      setup.parts.ports ? setup.ports : factories,
      setup.parts.ports ? ports : made,
      plan,
      observe(),
    );
  };

  /** The parts for a rehearsal: what would be written is not, and a claim that is not held stops nothing. */
  const rehearsing = (): Partial<Parts<F>> => {
    const record = setup.parts.ledger ?? made.ledger;
    const check = (...[of, execution, epoch]: Parameters<Claims['check']>): Promise<void> =>
      claimPort()
        .check(of, execution, epoch)
        .catch((error: unknown) => {
          if (!(error instanceof StaleEpochError)) throw error;
        });
    const ordered = holds ? orders() : undefined;
    return {
      ...setup.parts,
      ports,
      plan,
      clock: clock(),
      ledger: {
        ...record,
        // A record that does not answer is said by the port's own check; no entry of a run is lost by it.
        append: async (entry) => {
          await record.rehearse(entry).catch(() => undefined);
          return link(entry, null);
        },
      },
      ...(holds && { claims: { ...claimPort(), check, act: check } }),
      ...(ordered && { controls: ordered }),
    };
  };

  return {
    checkPorts,
    rehearsing,
    layers: [
      observing,
      preparing,
      ...(setup.heeds ? [holding] : []),
      recording,
      parsing,
      ...(setup.mutates ? [claiming] : setup.watches ? [watching] : []),
      secrecy,
    ],
    run,
  };
};
