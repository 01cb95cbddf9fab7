import type { AnyNode, ArrowFunctionExpression, Function as FunctionNode } from 'acorn';

/** What a value may be, as far as it can be known without running: every alternative that a branch could give. */
export type Value = readonly Thing[];

export type Primitive = string | number | boolean | bigint | null | undefined;

/** Where an answer came from: what is read out of it leads there. */
export interface Source {
  readonly service: string;
  readonly operation: string;
  readonly region: string;
}

export type Code = FunctionNode | ArrowFunctionExpression;

export type Thing =
  | { readonly kind: 'constant'; readonly value: Primitive }
  /** Not known here; `from` says which answers it may have been taken from. */
  | { readonly kind: 'opaque'; readonly from: readonly Source[] }
  /** An object. `rest` is what a field may be that is not listed; empty when there is none. */
  | {
      readonly kind: 'record';
      readonly fields: Map<string, Value>;
      readonly getters: Map<string, Value>;
      rest: Value;
    }
  /** `exact`: the items in their order; otherwise the one item is every alternative. */
  | { readonly kind: 'list'; items: Value[]; exact: boolean }
  /** A Map, by its constant keys. */
  | { readonly kind: 'keyed'; readonly entries: Map<Primitive, Value>; rest: Value }
  | {
      readonly kind: 'closure';
      readonly code: Code;
      readonly scope: Scope;
      readonly name: string;
      readonly file: string;
    }
  /** `id`: two with the same one do the same. */
  | { readonly kind: 'native'; readonly name: string; readonly call: Native; readonly id?: string }
  /** AbortSignal.timeout(ms) */
  | { readonly kind: 'deadline'; readonly ms: Value };

export type Closure = Extract<Thing, { kind: 'closure' }>;
export type RecordThing = Extract<Thing, { kind: 'record' }>;
export type ListThing = Extract<Thing, { kind: 'list' }>;

export type Native = (args: readonly Value[], at: AnyNode) => Value;

/** Names in force. A name that was imported is looked up when it is used. */
export class Scope {
  readonly file: string;
  readonly #names = new Map<string, Value | (() => Value)>();
  readonly #parent: Scope | null;

  constructor(file: string, parent: Scope | null) {
    this.file = file;
    this.#parent = parent;
  }

  define(name: string, value: Value | (() => Value)): void {
    this.#names.set(name, value);
  }

  #holder(name: string): Scope | null {
    if (this.#names.has(name)) return this;
    return this.#parent === null ? null : this.#parent.#holder(name);
  }

  find(name: string): Value | null {
    const holder = this.#holder(name);
    const found = holder === null ? undefined : holder.#names.get(name);
    return typeof found === 'function' ? found() : (found ?? null);
  }

  /** It may be the new value from now on, or still the old one: another branch may not have come by here. */
  assign(name: string, value: Value): void {
    const holder = this.#holder(name) ?? this;
    holder.#names.set(name, joinAlike(holder.find(name) ?? [], value));
  }

  /** Whether what is captured here is what is captured there. */
  alike(other: Scope, depth: number): boolean {
    if (this === other) return true;
    if (this.file !== other.file || this.#names.size !== other.#names.size) return false;
    const own = [...this.#names].every(([name, value]) => {
      const theirs = other.#names.get(name);
      if (typeof value === 'function' || typeof theirs === 'function') return value === theirs;
      return theirs !== undefined && alikeValues(value, theirs, depth);
    });
    if (!own) return false;
    return this.#parent === null || other.#parent === null
      ? this.#parent === other.#parent
      : this.#parent.alike(other.#parent, depth);
  }
}

const MOST_DEPTH = 6;

const alikeMaps = (a: ReadonlyMap<unknown, Value>, b: ReadonlyMap<unknown, Value>, depth: number): boolean =>
  a.size === b.size &&
  [...a].every(([key, value]) => {
    const other = b.get(key);
    return other !== undefined && alikeValues(value, other, depth);
  });

/** Surely the same in everything that the walk can tell; false when it is not sure. */
const alike = (a: Thing, b: Thing, depth: number): boolean => {
  if (a === b) return true;
  if (depth > MOST_DEPTH) return false;
  if (a.kind === 'constant' && b.kind === 'constant') return Object.is(a.value, b.value);
  if (a.kind === 'opaque' && b.kind === 'opaque')
    return a.from.length === b.from.length && a.from.every((one) => b.from.some((other) => sameSource(one, other)));
  if (a.kind === 'record' && b.kind === 'record')
    return (
      alikeMaps(a.fields, b.fields, depth + 1) &&
      alikeMaps(a.getters, b.getters, depth + 1) &&
      alikeValues(a.rest, b.rest, depth + 1)
    );
  if (a.kind === 'list' && b.kind === 'list')
    return (
      a.exact === b.exact &&
      a.items.length === b.items.length &&
      a.items.every((item, index) => alikeValues(item, b.items[index] ?? [], depth + 1))
    );
  if (a.kind === 'keyed' && b.kind === 'keyed')
    return alikeMaps(a.entries, b.entries, depth + 1) && alikeValues(a.rest, b.rest, depth + 1);
  if (a.kind === 'closure' && b.kind === 'closure') return a.code === b.code && a.scope.alike(b.scope, depth + 1);
  if (a.kind === 'native' && b.kind === 'native') return a.id !== undefined && a.id === b.id;
  return false;
};

const alikeValues = (a: Value, b: Value, depth: number): boolean =>
  a === b || (a.length === b.length && a.every((one) => b.some((other) => alike(one, other, depth))));

/** As `join`, leaving out what is there already in all but identity: what is remembered by `??=` or in a Map is made again at each visit. */
export const joinAlike = (before: Value, value: Value): Value =>
  join(
    before,
    value.filter((thing) => !before.some((one) => alike(one, thing, 0))),
  );

export const constant = (value: Primitive): Value => [{ kind: 'constant', value }];
export const NOTHING: Value = constant(undefined);
export const UNKNOWN: Value = [{ kind: 'opaque', from: [] }];
export const native = (name: string, call: Native, id?: string): Value => [
  { kind: 'native', name, call, ...(id === undefined ? {} : { id }) },
];
export const record = (fields: Readonly<Record<string, Value>> = {}, rest: Value = []): Value => [
  { kind: 'record', fields: new Map(Object.entries(fields)), getters: new Map(), rest },
];
export const list = (items: readonly Value[], exact = true): Value => [
  { kind: 'list', items: exact ? [...items] : [join(...items)], exact },
];

const sameSource = (a: Source, b: Source): boolean =>
  a.service === b.service && a.operation === b.operation && a.region === b.region;

export const opaque = (from: readonly Source[]): Value => [
  { kind: 'opaque', from: from.filter((one, at) => from.findIndex((other) => sameSource(one, other)) === at) },
];

export const join = (...values: readonly Value[]): Value => {
  const parts = values.filter((value) => value.length > 0);
  // Most joins are of one value with nothing.
  if (parts.length < 2) return parts[0] ?? [];
  const found: Thing[] = [];
  const from: Source[] = [];
  let unknown = false;
  const met = new Set<unknown>();
  for (const part of parts) {
    for (const thing of part) {
      if (thing.kind === 'opaque') {
        unknown = true;
        from.push(...thing.from);
        continue;
      }
      // Constants are the same by what they are, all else by identity; no object is a constant.
      const key = thing.kind === 'constant' ? thing.value : thing;
      if (met.has(key)) continue;
      met.add(key);
      found.push(thing);
    }
  }
  return unknown ? [...found, ...opaque(from)] : found;
};

/** Every answer that the value, or what it holds, may have been taken from. */
export const sourcesOf = (value: Value): readonly Source[] => {
  const found: Source[] = [];
  for (const thing of value) if (thing.kind === 'opaque') found.push(...thing.from);
  return found;
};

/** The constants among the alternatives. */
export const constantsOf = (value: Value): readonly Primitive[] => {
  const found: Primitive[] = [];
  for (const thing of value) if (thing.kind === 'constant') found.push(thing.value);
  return found;
};

/** The one constant that it is, or undefined when it may be anything else. */
export const onlyConstant = (value: Value): { readonly value: Primitive } | undefined => {
  const [first] = value;
  return value.length === 1 && first?.kind === 'constant' ? first : undefined;
};

/** True or false when every alternative is so, null when it cannot be told. */
const agreed = (value: Value, of: (thing: Thing) => boolean | null): boolean | null => {
  const answers = value.map(of);
  const [first = null] = answers;
  return answers.every((answer) => answer === first) ? first : null;
};

export const truth = (value: Value): boolean | null =>
  agreed(value, (thing) => (thing.kind === 'constant' ? Boolean(thing.value) : thing.kind === 'opaque' ? null : true));

export const isNullish = (value: Value): boolean | null =>
  agreed(value, (thing) =>
    thing.kind === 'constant'
      ? thing.value === null || thing.value === undefined
      : thing.kind === 'opaque'
        ? null
        : false,
  );

const withoutConstants = (value: Value, drop: (value: Primitive) => boolean): Value =>
  value.filter((thing) => thing.kind !== 'constant' || !drop(thing.value));

export const dropNullish = (value: Value): Value => withoutConstants(value, (one) => one === null || one === undefined);
export const dropFalsy = (value: Value): Value => withoutConstants(value, (one) => !one);

/** `===`: null when it cannot be told. */
export const same = (a: Value, b: Value): boolean | null => {
  const [left, right] = [onlyConstant(a), onlyConstant(b)];
  if (left && right) return Object.is(left.value, right.value) || left.value === right.value;
  const known = (value: Value): boolean => value.every(({ kind }) => kind !== 'opaque');
  if (!known(a) || !known(b)) return null;
  // An object is no constant; two objects may be one.
  const constants = (value: Value): readonly Primitive[] => constantsOf(value);
  if (constants(a).length < a.length && constants(b).length < b.length) return null;
  const meet = constants(a).some((one) => constants(b).includes(one));
  return meet ? null : false;
};

/** JSON as a value of constants. */
export const fromJson = (json: unknown): Value => {
  if (Array.isArray(json)) return list(json.map(fromJson));
  if (typeof json === 'object' && json !== null)
    return record(Object.fromEntries(Object.entries(json).map(([key, one]) => [key, fromJson(one)])));
  return constant(json as Primitive);
};
