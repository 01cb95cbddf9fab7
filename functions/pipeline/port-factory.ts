import type { Plan } from '#domain/plan.ts';
import type { Environment, VariableName } from '#src/environment.ts';

/**
 * How a port comes to be: the environment variables it needs and the one call that makes it. A plain object, so that a bundle keeps only the
 * factories (hence the SDK clients) that its handler names.
 */
export interface PortFactory<T, V extends VariableName = never> {
  readonly variables: readonly V[];
  create(environment: Pick<Environment, V>, plan: Plan): T;
  /** One harmless read that proves the way to what is behind the port: name, network, permission. Absent where there is none. */
  touch?(port: T, plan: Plan): Promise<unknown>;
}

// biome-ignore lint/suspicious/noExplicitAny: any set of variables will do; PortsOf and VariablesOf recover the exact types.
export type PortFactories = Readonly<Record<string, PortFactory<unknown, any>>>;

export type PortsOf<F extends PortFactories> = {
  readonly [K in keyof F]: F[K] extends { create(...args: never[]): infer T } ? T : never;
};

/** Ports that are made when first asked for, once per process. */
export const lazyPorts = <F extends PortFactories>(
  factories: F,
  environment: () => Partial<Environment>,
  plan: Plan,
): PortsOf<F> => {
  const made = new Map<string, unknown>();
  const ports = {};
  for (const [name, factory] of Object.entries(factories)) {
    Object.defineProperty(ports, name, {
      enumerable: true,
      get: () => {
        if (!made.has(name)) made.set(name, factory.create(environment(), plan));
        return made.get(name);
      },
    });
  }
  return ports as PortsOf<F>;
};

/**
 * Makes every port now: in Lambda, while the function starts, where time is cheap. What cannot be made is left for the invocation, which says
 * why under its own name.
 */
export const prime = (ports: object): void => {
  for (const name of Object.keys(ports)) {
    try {
      Reflect.get(ports, name);
    } catch {
      return;
    }
  }
};

/** What a function takes from outside, for the test that compares it with serverless/: its environment and its role. */
export interface Needs {
  /** Names of the ports, the bundle's own among them. */
  readonly ports: readonly string[];
  readonly variables: readonly VariableName[];
  readonly mutates: boolean;
  /** It marks the claim as acting: a write. */
  readonly begins: boolean;
  /** It changes nothing and looks at the claim all the same. */
  readonly watches: boolean;
}

export const needsOf = (
  factories: PortFactories,
  environment: readonly VariableName[],
  { mutates = false, begins = false, watches = false }: Partial<Pick<Needs, 'mutates' | 'begins' | 'watches'>> = {},
): Needs => ({
  ports: Object.keys(factories).sort(),
  variables: [
    ...new Set([
      ...environment,
      ...Object.values(factories).flatMap(({ variables }) => variables as readonly VariableName[]),
    ]),
  ].sort(),
  mutates,
  begins,
  watches,
});
