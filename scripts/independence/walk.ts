import type { Plan } from '#domain/plan.ts';
import { functionOf, kebab, type Machine, nodesOf } from '../state-graph.ts';
import { type Call, distinct } from './calls.ts';
import { Interpreter } from './interpreter.ts';
import { type Ledger, outsideOf } from './outside.ts';
import type { Sources } from './sources.ts';
import { constant, onlyConstant, UNKNOWN, type Value } from './values.ts';

/** The mark of a call whose failure is an outcome: it is made within this function, which takes the milliseconds after which the step goes on. */
const MARK = 'functions/shared/attempt.ts#attempt';

/** A readiness check is no recovery. */
const GIVEN: Readonly<Record<string, Value>> = { 'functions/pipeline/readiness.ts#isReadinessCheck': constant(false) };

const PLAN = '.build/plan.json';

/** What one function may call, with the plan that it was packaged with. Throws CannotFollowError. */
export const callsOf = (sources: Sources, plan: Plan, file: string): readonly Call[] => {
  const ledger: Ledger = { calls: [], within: [] };
  const interpreter = new Interpreter({
    sources,
    outside: outsideOf(ledger),
    given: GIVEN,
    json: { [PLAN]: plan },
    around: (name, args, call) => {
      if (name !== MARK) return call();
      const bound = onlyConstant(args[1] ?? UNKNOWN)?.value;
      // An attempt whose bound is not known has none.
      ledger.within.push(typeof bound === 'number' ? bound : Number.POSITIVE_INFINITY);
      try {
        return call();
      } finally {
        ledger.within.pop();
      }
    },
  });
  interpreter.apply(interpreter.exported(file, 'handler'), [UNKNOWN, UNKNOWN]);
  return distinct(ledger.calls);
};

/** A state of a machine with a function, or a function that no state calls. */
export interface Walked {
  readonly machine: string | null;
  /** Of the state, or of the function. */
  readonly name: string;
  /** Key in serverless/functions.yml. */
  readonly key: string;
  readonly file: string;
  readonly calls: readonly Call[];
}

export const fileOf = (key: string): string => `functions/${kebab(key)}.ts`;

/** Every Task of the machines, then the functions beside them. */
export const walk = (
  sources: Sources,
  plan: Plan,
  machines: readonly { readonly name: string; readonly machine: Machine }[],
  keys: readonly string[],
): readonly Walked[] => {
  const known = new Map<string, readonly Call[]>();
  const calls = (key: string): readonly Call[] => {
    const found = known.get(key) ?? callsOf(sources, plan, fileOf(key));
    known.set(key, found);
    return found;
  };
  const states = machines.flatMap(({ name: machine, machine: definition }) =>
    nodesOf(definition).flatMap(({ name, state }): readonly Walked[] => {
      const key = functionOf(state);
      return key === null ? [] : [{ machine, name, key, file: fileOf(key), calls: calls(key) }];
    }),
  );
  const beside = keys.filter((key) => !states.some((one) => one.key === key));
  return [...states, ...beside.map((key) => ({ machine: null, name: key, key, file: fileOf(key), calls: calls(key) }))];
};
