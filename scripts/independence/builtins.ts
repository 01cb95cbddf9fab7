import type { Interpreter } from './interpreter.ts';
import {
  constant,
  constantsOf,
  isNullish,
  join,
  joinAlike,
  type ListThing,
  list,
  NOTHING,
  native,
  onlyConstant,
  opaque,
  type Primitive,
  type RecordThing,
  record,
  sourcesOf,
  type Thing,
  truth,
  UNKNOWN,
  type Value,
} from './values.ts';

/** The names that a key may be, or null when it may be any. */
export const keysOf = (key: Value): readonly string[] | null =>
  key.length > 0 && key.every(({ kind }) => kind === 'constant') ? constantsOf(key).map(String) : null;

interface Iterated {
  /** What one turn has, turn by turn. */
  readonly turns: readonly Value[];
  /** Whether these are all turns, in their order. */
  readonly known: boolean;
  /** What any turn may have. */
  readonly all: Value;
}

const entriesOfKeyed = (thing: Extract<Thing, { kind: 'keyed' }>): Value =>
  join(
    ...[...thing.entries].map(([key, value]) => list([constant(key), value])),
    thing.rest.length > 0 ? list([UNKNOWN, thing.rest]) : [],
  );

export const iterated = (value: Value): Iterated => {
  const [only] = value;
  if (value.length === 1 && only?.kind === 'list' && only.exact)
    return { turns: only.items, known: true, all: join(...only.items) };
  const all = join(
    ...value.map((thing): Value => {
      if (thing.kind === 'list') return join(...thing.items);
      if (thing.kind === 'keyed') return entriesOfKeyed(thing);
      if (thing.kind === 'opaque') return [thing];
      if (thing.kind === 'constant') return typeof thing.value === 'string' ? UNKNOWN : [];
      return UNKNOWN;
    }),
  );
  // A second turn sees what the first one left.
  return { turns: all.length === 0 ? [] : [all, all], known: false, all };
};

type Method = (args: readonly Value[]) => Value;

const call = (of: Interpreter, fn: Value | undefined, ...args: Value[]): Value => of.apply(fn ?? NOTHING, args);

const listMethods = (of: Interpreter, self: ListThing): Readonly<Record<string, Method>> => {
  const all = (): Value => join(...self.items);
  const each = (fn: Value | undefined): readonly Value[] =>
    self.items.map((item, index) => call(of, fn, item, self.exact ? constant(index) : UNKNOWN, [self]));
  const anyOf = list([all()], false);
  const find: Method = ([fn]) => {
    const maybe: Value[] = [];
    for (const item of self.items) {
      const holds = truth(call(of, fn, item, UNKNOWN, [self]));
      if (holds !== false) maybe.push(item);
      if (holds === true && self.exact) return join(...maybe);
    }
    return join(...maybe, NOTHING);
  };
  const filter: Method = ([fn]) => {
    const kept: Value[] = [];
    let certain = self.exact;
    for (const item of self.items) {
      const holds = truth(call(of, fn, item, UNKNOWN, [self]));
      if (holds !== false) kept.push(item);
      if (holds === null) certain = false;
    }
    return list(kept, certain);
  };
  const reduce: Method = ([fn, start]) => {
    let sum = start ?? all();
    for (const item of self.items) sum = join(self.exact ? [] : sum, call(of, fn, sum, item, UNKNOWN));
    return sum;
  };
  const add: Method = (args) => {
    self.items = [join(...self.items, ...args)];
    self.exact = false;
    return UNKNOWN;
  };
  return {
    map: ([fn]) => list(each(fn), self.exact),
    flatMap: ([fn]) => {
      const given = each(fn);
      const parts = given.map((part) => (part.some(({ kind }) => kind === 'list') ? iterated(part) : null));
      const certain = self.exact && parts.every((part, index) => part?.known ?? given[index]?.length === 1);
      return list(
        parts.flatMap((part, index) => (part ? [...part.turns] : [given[index] ?? []])),
        certain,
      );
    },
    forEach: ([fn]) => {
      each(fn);
      return NOTHING;
    },
    some: ([fn]) => {
      each(fn);
      return UNKNOWN;
    },
    every: ([fn]) => {
      each(fn);
      return UNKNOWN;
    },
    find,
    findLast: ([fn]) => {
      each(fn);
      return join(all(), NOTHING);
    },
    filter,
    reduce,
    includes: ([wanted]) => {
      const known = constantsOf(all());
      const one = onlyConstant(wanted ?? NOTHING);
      if (!one || known.length !== self.items.length || !self.exact) return UNKNOWN;
      return constant(known.includes(one.value));
    },
    at: ([index]) => {
      const at = onlyConstant(index ?? NOTHING)?.value;
      return self.exact && typeof at === 'number' ? (self.items.at(at) ?? NOTHING) : join(all(), NOTHING);
    },
    flat: () => {
      const parts = self.items.map((item) =>
        item.some(({ kind }) => kind === 'list') ? iterated(item).turns : [item],
      );
      return list(parts.flat(), self.exact && self.items.every((item) => item.length === 1));
    },
    push: add,
    unshift: add,
    concat: (args) => list([all(), ...args.map((arg) => iterated(arg).all)], false),
    slice: () => anyOf,
    splice: ([, , ...args]) => {
      add(args);
      return anyOf;
    },
    sort: ([fn]) => {
      call(of, fn, all(), all());
      return anyOf;
    },
    toSorted: ([fn]) => {
      call(of, fn, all(), all());
      return anyOf;
    },
    reverse: () => anyOf,
    toReversed: () => anyOf,
    entries: () =>
      list(
        self.items.map((item, index) => list([self.exact ? constant(index) : UNKNOWN, item])),
        self.exact,
      ),
    values: () => [self],
    join: ([between]) => {
      const parts = self.items.map((item) => onlyConstant(item));
      const by = onlyConstant(between ?? constant(','));
      if (!self.exact || !by || parts.some((part) => !part)) return opaque(sourcesOf(all()));
      return constant(parts.map((part) => String(part?.value)).join(String(by.value)));
    },
    // Membership of a Set, which is a list here.
    has: () => UNKNOWN,
    add,
    delete: () => UNKNOWN,
    pop: () => join(all(), NOTHING),
    shift: () => join(all(), NOTHING),
    fill: ([value]) => list([value ?? NOTHING], false),
    keys: () => UNKNOWN,
    indexOf: () => UNKNOWN,
    findIndex: ([fn]) => {
      each(fn);
      return UNKNOWN;
    },
  };
};

const keyedMethods = (of: Interpreter, self: Extract<Thing, { kind: 'keyed' }>): Readonly<Record<string, Method>> => ({
  get: ([key]) => {
    const keys = key?.every(({ kind }) => kind === 'constant') ? constantsOf(key) : null;
    if (keys === null) return join(...self.entries.values(), self.rest, NOTHING);
    // It may have been put there by then, or not.
    return join(...keys.map((one) => self.entries.get(one) ?? []), self.rest, NOTHING);
  },
  set: ([key, value]) => {
    const keys = key?.every(({ kind }) => kind === 'constant') ? constantsOf(key) : null;
    if (keys === null) self.rest = joinAlike(self.rest, value ?? NOTHING);
    else for (const one of keys) self.entries.set(one, joinAlike(self.entries.get(one) ?? [], value ?? NOTHING));
    return [self];
  },
  has: () => UNKNOWN,
  delete: () => UNKNOWN,
  values: () => list([...self.entries.values(), self.rest], false),
  keys: () => UNKNOWN,
  entries: () => list([entriesOfKeyed(self)], false),
  forEach: ([fn]) => {
    call(of, fn, join(...self.entries.values(), self.rest), UNKNOWN);
    return NOTHING;
  },
});

/** A promise is what it gives; who waits for it gets it at once. */
const promiseMethods = (of: Interpreter, self: Thing): Readonly<Record<string, Method>> => ({
  // biome-ignore lint/suspicious/noThenProperty: it is the method of a promise.
  then: ([done, failed]) => join(call(of, done, [self]), failed ? call(of, failed, UNKNOWN) : []),
  catch: ([failed]) => join([self], call(of, failed, UNKNOWN)),
  finally: ([last]) => {
    call(of, last);
    return [self];
  },
});

export const isPromiseMethod = (key: string | null): boolean =>
  key !== null && ['then', 'catch', 'finally'].includes(key);

/** Methods of texts whose result is followed; every other gives something unknown. */
const TEXT: readonly string[] = ['toLowerCase', 'toUpperCase', 'trim', 'toString', 'replace', 'padStart', 'slice'];

const textMember = (of: Interpreter, text: string, key: string): Value => {
  if (key === 'length') return constant(text.length);
  return native(key, (args) => {
    const known = args.map((arg) => onlyConstant(arg));
    if (TEXT.includes(key) && known.every((arg) => arg !== undefined)) {
      const method = (Object(text) as Record<string, (...values: Primitive[]) => Primitive>)[key];
      return constant(
        method?.apply(
          text,
          known.map((arg) => arg?.value),
        ),
      );
    }
    for (const arg of args) of.handOver(arg);
    return UNKNOWN;
  });
};

const fieldOf = (of: Interpreter, thing: RecordThing, key: string | null): Value | null => {
  const read = (get: Value): Value => of.apply(get, []);
  if (key === null)
    return join(...thing.fields.values(), ...[...thing.getters.values()].map(read), thing.rest, NOTHING);
  const getter = thing.getters.get(key);
  if (getter) return read(getter);
  return thing.fields.get(key) ?? (thing.rest.length > 0 ? thing.rest : null);
};

const memberOfThing = (of: Interpreter, thing: Thing, key: string | null): Value => {
  const method = (methods: Readonly<Record<string, Method>>): Value | null => {
    const found = key !== null && Object.hasOwn(methods, key) ? methods[key] : undefined;
    return found ? native(key ?? '', found) : null;
  };
  switch (thing.kind) {
    case 'constant':
      // It may be what a promise gives; a text or a number has no such methods of its own.
      if (isPromiseMethod(key)) return method(promiseMethods(of, thing)) ?? [];
      if (thing.value === null || thing.value === undefined) return [];
      if (typeof thing.value === 'string' && key !== null) return textMember(of, thing.value, key);
      return native(key ?? '', () => UNKNOWN);
    case 'opaque':
      return [thing];
    case 'record':
      // A promise of it, unless it has a method of that name itself.
      if (isPromiseMethod(key) && !thing.fields.has(key ?? '')) return method(promiseMethods(of, thing)) ?? [];
      return fieldOf(of, thing, key) ?? NOTHING;
    case 'list': {
      if (key === 'length' || key === 'size') return thing.exact ? constant(thing.items.length) : UNKNOWN;
      const index = key === null ? Number.NaN : Number(key);
      if (Number.isInteger(index)) return thing.exact ? (thing.items[index] ?? NOTHING) : join(...thing.items, NOTHING);
      if (key === null) return join(...thing.items, NOTHING);
      return (
        method(listMethods(of, thing)) ??
        method(promiseMethods(of, thing)) ??
        of.fail(`nothing is known of .${key} of a list`)
      );
    }
    case 'keyed':
      if (key === 'size') return UNKNOWN;
      return method(keyedMethods(of, thing)) ?? of.fail(`nothing is known of .${key} of a Map`);
    case 'closure':
    case 'native': {
      const statics = staticsOf(thing);
      if (statics) return fieldOf(of, statics, key) ?? of.fail(`nothing is known of .${key} of ${thing.name}`);
      return method(promiseMethods(of, thing)) ?? UNKNOWN;
    }
    case 'deadline':
      return UNKNOWN;
  }
};

export const memberOf = (of: Interpreter, value: Value, key: Value): Value => {
  const keys = keysOf(key);
  return join(
    ...value.flatMap((thing) =>
      keys === null ? [memberOfThing(of, thing, null)] : keys.map((one) => memberOfThing(of, thing, one)),
    ),
  );
};

const fieldsOf = (of: Interpreter, value: Value | undefined): readonly (readonly [string, Value])[] | null => {
  const [thing] = value ?? [];
  if (value?.length !== 1 || thing?.kind !== 'record' || thing.rest.length > 0) return null;
  return [...thing.fields, ...[...thing.getters].map(([key, get]) => [key, of.apply(get, [])] as const)];
};

const anyField = (of: Interpreter, value: Value | undefined): Value =>
  join(
    ...(value ?? []).map((thing) =>
      thing.kind === 'record' ? (fieldOf(of, thing, null) ?? []) : opaque(sourcesOf([thing])),
    ),
  );

const objectStatics = (of: Interpreter): Value => {
  const ofFields = (name: string, make: (key: string, value: Value) => Value, unknown: (value: Value) => Value) =>
    native(name, ([value]) => {
      const fields = fieldsOf(of, value);
      return fields
        ? list(fields.map(([key, field]) => make(key, field)))
        : list([unknown(anyField(of, value))], false);
    });
  return record({
    keys: ofFields(
      'keys',
      (key) => constant(key),
      () => UNKNOWN,
    ),
    values: ofFields(
      'values',
      (_, value) => value,
      (value) => value,
    ),
    entries: ofFields(
      'entries',
      (key, value) => list([constant(key), value]),
      (value) => list([UNKNOWN, value]),
    ),
    fromEntries: native('fromEntries', ([entries]) => {
      const { turns } = iterated(entries ?? NOTHING);
      const made = record();
      const [thing] = made;
      for (const entry of turns) {
        const [key, value] = [memberOf(of, entry, constant(0)), memberOf(of, entry, constant(1))];
        if (thing?.kind !== 'record') continue;
        const keys = keysOf(key);
        if (keys === null) thing.rest = join(thing.rest, value);
        else for (const one of keys) thing.fields.set(one, join(thing.fields.get(one) ?? [], value));
      }
      return made;
    }),
    assign: native('assign', ([target, ...from]) => {
      for (const source of from.flat()) {
        for (const thing of target ?? []) {
          if (thing.kind === 'closure' || thing.kind === 'native') continue;
          if (thing.kind !== 'record') return of.fail('Object.assign of something unknown is not followed');
          if (source.kind !== 'record') thing.rest = join(thing.rest, [source]);
          else for (const [key, value] of source.fields) thing.fields.set(key, value);
        }
      }
      return target ?? NOTHING;
    }),
    defineProperty: native('defineProperty', ([target, key, descriptor]) => {
      const keys = keysOf(key ?? UNKNOWN);
      for (const thing of target ?? []) {
        if (thing.kind !== 'record' || keys === null) return of.fail('a property of an unknown name is not followed');
        const [get, value] = ['get', 'value'].map((name) => memberOf(of, descriptor ?? NOTHING, constant(name)));
        for (const one of keys) {
          if (get && isNullish(get) !== true) thing.getters.set(one, get);
          if (value && isNullish(value) !== true) thing.fields.set(one, value);
        }
      }
      return target ?? NOTHING;
    }),
    freeze: native('freeze', ([value]) => value ?? NOTHING),
    hasOwn: native('hasOwn', () => UNKNOWN),
  });
};

const promiseStatics = (of: Interpreter): Value => {
  const made = native('Promise', ([executor]) => {
    const given: Value[] = [];
    const resolve = native('resolve', ([value]) => {
      given.push(value ?? NOTHING);
      return NOTHING;
    });
    const reject = native('reject', () => NOTHING);
    of.apply(executor ?? NOTHING, [resolve, reject]);
    return given.length > 0 ? join(...given) : UNKNOWN;
  });
  const statics = record({
    all: native('all', ([items]) => items ?? NOTHING),
    allSettled: native('allSettled', ([items]) => {
      const { turns, known } = iterated(items ?? NOTHING);
      return list(
        turns.map((value) => record({ status: UNKNOWN, value, reason: UNKNOWN })),
        known,
      );
    }),
    race: native('race', ([items]) => iterated(items ?? NOTHING).all),
    any: native('any', ([items]) => iterated(items ?? NOTHING).all),
    resolve: native('resolve', ([value]) => value ?? NOTHING),
    reject: native('reject', () => []),
  });
  return callable(made, statics);
};

/** A function with properties: what is called is the one, what is read is the other. */
const callable = (fn: Value, statics: Value): Value => {
  const [make] = fn;
  const [fields] = statics;
  if (make?.kind !== 'native' || fields?.kind !== 'record') return fn;
  STATICS.set(make.call, fields);
  return fn;
};

const STATICS = new WeakMap<object, RecordThing>();
export const staticsOf = (thing: Thing): RecordThing | undefined =>
  thing.kind === 'native' ? STATICS.get(thing.call) : undefined;

/** Parts of the language that reach nothing: what they give is not known, and what they are handed they may call. */
const HARMLESS = [
  'AbortController',
  'Array',
  'BigInt',
  'Boolean',
  'Buffer',
  'Date',
  'Error',
  'Intl',
  'JSON',
  'Math',
  'NaN',
  'Number',
  'RangeError',
  'String',
  'Symbol',
  'TypeError',
  'URLSearchParams',
  'clearTimeout',
  'console',
  'crypto',
  'decodeURIComponent',
  'encodeURIComponent',
  'performance',
  'process',
  'queueMicrotask',
  'setTimeout',
  'structuredClone',
];

export const globals = (of: Interpreter): Readonly<Record<string, Value>> => ({
  ...Object.fromEntries(HARMLESS.map((name) => [name, UNKNOWN])),
  Object: objectStatics(of),
  Promise: promiseStatics(of),
  Reflect: record({
    get: native('get', ([value, key]) => memberOf(of, value ?? NOTHING, key ?? UNKNOWN)),
  }),
  Map: native('Map', ([entries]) => {
    const made: Extract<Thing, { kind: 'keyed' }> = { kind: 'keyed', entries: new Map(), rest: [] };
    const { set } = keyedMethods(of, made);
    for (const entry of iterated(entries ?? NOTHING).turns)
      set?.([memberOf(of, entry, constant(0)), memberOf(of, entry, constant(1))]);
    return [made];
  }),
  Set: native('Set', ([items]) => {
    const { turns, known } = iterated(items ?? NOTHING);
    return list(turns, known);
  }),
  AbortSignal: record({
    timeout: native('timeout', ([ms]) => [{ kind: 'deadline', ms: ms ?? NOTHING }]),
    // The first of them ends it: a deadline among them holds.
    any: native('any', ([signals]) => {
      const isDeadline = (signal: Value): boolean => signal.length === 1 && signal[0]?.kind === 'deadline';
      return iterated(signals ?? NOTHING).turns.find(isDeadline) ?? UNKNOWN;
    }),
  }),
  URL: native('URL', ([path, base]) => {
    const made: Value[] = [];
    const known = (value: Value | undefined) => constantsOf(value ?? NOTHING).filter((one) => typeof one === 'string');
    for (const start of base === undefined ? [undefined] : known(base)) {
      for (const end of known(path)) {
        // A text that is no URL is left out: the code throws there.
        if (!URL.canParse(end, start)) continue;
        const { href, hostname, host, port } = new URL(end, start);
        made.push(
          record({ href: constant(href), hostname: constant(hostname), host: constant(host), port: constant(port) }),
        );
      }
    }
    const from = sourcesOf([...(path ?? []), ...(base ?? [])]);
    const unknown = [...(path ?? []), ...(base ?? [])].some(({ kind }) => kind === 'opaque');
    // An unknown path of a known place stays at that place.
    if (unknown && base?.every(({ kind }) => kind === 'constant')) {
      return join(
        ...known(base)
          .filter((one) => URL.canParse(one))
          .map((one) => record({ href: UNKNOWN, hostname: constant(new URL(one).hostname) })),
      );
    }
    return unknown ? join(...made, opaque(from)) : join(...made);
  }),
});
