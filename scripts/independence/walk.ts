import type { Plan } from '#domain/plan.ts';
import { functionOf, kebab, type Machine, nodesOf } from '../state-graph.ts';
import { type Call, distinct } from './calls.ts';
import { Interpreter } from './interpreter.ts';
import { type Ledger, outsideOf } from './outside.ts';
import type { Sources } from './sources.ts';
import { constant, onlyConstant, UNKNOWN, type Value } from './values.ts';

/** The mark of a call whose failure is an outcome: it is made within this function, which takes the milliseconds after which the step goes on. */
const MARK = 'src/attempt.ts#attempt';

const GIVEN: Readonly<Record<string, Value>> = {
  // A readiness check is no recovery.
  'functions/pipeline/readiness.ts#isReadinessCheck': constant(false),
  // A hash is a text that nobody knows before.
  'src/domain/ledger-chain.ts#digest': UNKNOWN,
};

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

export interface Paths {
  readonly machines: readonly { readonly name: string; readonly machine: Machine }[];
  /** Keys of all functions: those that no state calls are walked as well. */
  readonly keys: readonly string[];
  /** States and functions to walk; all when absent. */
  readonly only?: readonly string[] | undefined;
}

/** Every Task of the machines, then the functions beside them. */
export const walk = (sources: Sources, plan: Plan, { machines, keys, only }: Paths): readonly Walked[] => {
  const wanted = (name: string): boolean => only?.includes(name) ?? true;
  const known = new Map<string, readonly Call[]>();
  const calls = (key: string): readonly Call[] => {
    const found = known.get(key) ?? callsOf(sources, plan, fileOf(key));
    known.set(key, found);
    return found;
  };
  const states = machines.flatMap(({ name: machine, machine: definition }) =>
    nodesOf(definition).flatMap(({ name, state }): readonly Walked[] => {
      const key = functionOf(state);
      return key === null || !wanted(name) ? [] : [{ machine, name, key, file: fileOf(key), calls: calls(key) }];
    }),
  );
  const called = new Set(machines.flatMap(({ machine }) => nodesOf(machine).map(({ state }) => functionOf(state))));
  const beside = keys.filter((key) => !called.has(key) && wanted(key));
  return [...states, ...beside.map((key) => ({ machine: null, name: key, key, file: fileOf(key), calls: calls(key) }))];
};
