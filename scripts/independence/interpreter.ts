import type { AnyNode, ArrayPattern, Expression, ObjectPattern, Pattern, Program } from 'acorn';
import { globals, isPromiseMethod, iterated, keysOf, memberOf } from './builtins.ts';
import type { Sources } from './sources.ts';
import {
  type Closure,
  constant,
  dropFalsy,
  dropNullish,
  fromJson,
  isNullish,
  join,
  joinAlike,
  list,
  NOTHING,
  native,
  onlyConstant,
  opaque,
  type Primitive,
  record,
  Scope,
  same,
  sourcesOf,
  type Thing,
  truth,
  UNKNOWN,
  type Value,
} from './values.ts';

/** The walk met something that it cannot follow; whatever it found before is not the whole truth. */
export class CannotFollowError extends Error {
  override readonly name = 'CannotFollowError';
}

/** What lies outside the project's own sources. */
export interface Outside {
  /** The exports of a package or a part of Node. Throws CannotFollowError for one that it does not know. */
  module(name: string): Value;
  /** Values that globals which reach the network have. */
  readonly globals: Readonly<Record<string, Value>>;
}

export interface InterpreterOptions {
  readonly sources: Sources;
  /** Given this interpreter, whose `apply` calls a value. */
  readonly outside: (interpreter: Interpreter) => Outside;
  /** `file#name` of a function -> what it gives, without being looked into. */
  readonly given?: Readonly<Record<string, Value>>;
  /** Around the call of a function of the project. */
  readonly around?: (name: string, args: readonly Value[], call: () => Value) => Value;
  /** JSON files whose content is put in their place. */
  readonly json?: Readonly<Record<string, unknown>>;
}

/** As deep as one function may be within itself: helpers such as `attempt` are nested. */
const MOST_NESTED = 8;
const MOST_STEPS = 3_000_000;
/** A loop whose turns cannot be counted is gone through twice: what one turn leaves, the next one sees. */
const TURNS = 2;

/** The domain is pure, by a lint rule and a test. */
const isPure = (file: string): boolean => file.startsWith('src/domain/');

/** May what comes after still be reached? */
type Reached = boolean;

/**
 * Goes through the project's code by every branch that it could take, without running it. Constants (the plan's, above all) are followed as far as
 * they go: a condition that they decide is decided, and every other goes both ways. Promises are what they give: an answer is there at once.
 */
export class Interpreter {
  readonly sources: Sources;
  readonly #options: InterpreterOptions;
  readonly #outside: Outside;
  readonly #modules = new Map<string, Scope>();
  readonly #exports = new Map<string, Map<string, () => Value>>();
  readonly #stack: Closure[] = [];
  #globals: Scope;
  #file = '';
  #node: AnyNode | undefined;
  #steps = 0;

  constructor(options: InterpreterOptions) {
    this.sources = options.sources;
    this.#options = options;
    this.#globals = new Scope('', null);
    this.#outside = options.outside(this);
    for (const [name, value] of Object.entries({ ...globals(this), ...this.#outside.globals }))
      this.#globals.define(name, value);
  }

  /** `src/aws/rds-database.ts:21`, where the walk is now. */
  place(): string {
    if (this.#file === '') return 'the start';
    return `${this.#file}:${this.sources.parsed(this.#file).lineOf(this.#node?.loc?.start)}`;
  }

  /** Functions of the project that are being gone through, outermost first. */
  through(): readonly string[] {
    return this.#stack.map(({ file, name }) => `${file}#${name}`);
  }

  fail(why: string): never {
    throw new CannotFollowError(`${this.place()}: ${why}`);
  }

  /** An export of one of the project's files. */
  exported(file: string, name: string): Value {
    this.#load(file);
    const found = this.#exports.get(file)?.get(name);
    if (!found) throw new CannotFollowError(`${file} exports no ${name}`);
    return found();
  }

  apply(value: Value, args: readonly Value[], at?: AnyNode): Value {
    return join(...value.map((thing) => this.#call(thing, args, at ?? (this.#node as AnyNode))));
  }

  /** Someone unknown has it: every function in it may be called, with anything. */
  handOver(value: Value, depth = 0): Value {
    if (depth > 3) return [];
    return join(
      ...value.map((thing): Value => {
        if (thing.kind === 'closure' || thing.kind === 'native') return this.#call(thing, [UNKNOWN, UNKNOWN, UNKNOWN]);
        if (thing.kind === 'list') return join(...thing.items.map((item) => this.handOver(item, depth + 1)));
        if (thing.kind === 'record') {
          const within = [...thing.fields.values(), ...thing.getters.values()];
          return join(...within.map((field) => this.handOver(field, depth + 1)));
        }
        return [];
      }),
    );
  }

  #load(file: string): Scope {
    const known = this.#modules.get(file);
    if (known) return known;
    if (!this.sources.has(file)) this.fail(`there is no ${file}`);
    const scope = new Scope(file, this.#globals);
    this.#modules.set(file, scope);
    this.#exports.set(file, new Map());
    const outer = { file: this.#file, node: this.#node };
    this.#file = file;
    this.#program(this.sources.parsed(file).program, scope);
    this.#file = outer.file;
    this.#node = outer.node;
    return scope;
  }

  #imported(specifier: string, from: string, name: string): Value {
    const file = this.sources.resolve(specifier, from);
    if (file === null) {
      const module = this.#outside.module(specifier);
      return name === '*' ? module : memberOf(this, module, constant(name));
    }
    if (file.endsWith('.json')) {
      const given = this.#options.json?.[file];
      return fromJson(given === undefined ? JSON.parse(this.sources.read(file)) : given);
    }
    if (name !== '*') return this.exported(file, name);
    this.#load(file);
    const all = [...(this.#exports.get(file) ?? [])].map(([key, value]) => [key, value()] as const);
    return record(Object.fromEntries(all));
  }

  #program(program: Program, scope: Scope): void {
    const file = scope.file;
    const exports = this.#exports.get(file) as Map<string, () => Value>;
    for (const node of program.body) {
      if (node.type !== 'ImportDeclaration') continue;
      const from = String(node.source.value);
      // A package that is imported at all has to be known.
      if (this.sources.resolve(from, file) === null) this.#outside.module(from);
      for (const specifier of node.specifiers) {
        const name =
          specifier.type === 'ImportDefaultSpecifier'
            ? 'default'
            : specifier.type === 'ImportNamespaceSpecifier'
              ? '*'
              : specifier.imported.type === 'Identifier'
                ? specifier.imported.name
                : String(specifier.imported.value);
        scope.define(specifier.local.name, () => this.#imported(from, file, name));
      }
    }
    const own = (name: string) => exports.set(name, () => scope.find(name) ?? this.fail(`${name} is not there yet`));
    for (const node of program.body) {
      if (node.type === 'ImportDeclaration') continue;
      if (node.type === 'ExportNamedDeclaration' && node.source) {
        const from = String(node.source.value);
        for (const { exported, local } of node.specifiers) {
          if (exported.type !== 'Identifier' || local.type !== 'Identifier') continue;
          exports.set(exported.name, () => this.#imported(from, file, local.name));
        }
      } else if (node.type === 'ExportNamedDeclaration') {
        for (const { exported, local } of node.specifiers) {
          if (exported.type !== 'Identifier' || local.type !== 'Identifier') continue;
          exports.set(exported.name, () => scope.find(local.name) ?? this.fail(`${local.name} is not there yet`));
        }
        const declared = node.declaration;
        if (declared?.type === 'VariableDeclaration') {
          for (const { id } of declared.declarations) if (id.type === 'Identifier') own(id.name);
        } else if (declared?.id) own(declared.id.name);
        if (declared) this.#statement(declared, scope, []);
      } else if (node.type === 'ExportDefaultDeclaration' || node.type === 'ExportAllDeclaration') {
        this.#node = node;
        this.fail(`${node.type} is not followed`);
      } else this.#statement(node, scope, []);
    }
  }

  #call(thing: Thing, args: readonly Value[], at: AnyNode | undefined = this.#node): Value {
    switch (thing.kind) {
      case 'closure':
        return this.#enter(thing, args);
      case 'native':
        return thing.call(args, at as AnyNode);
      case 'constant':
        return [];
      case 'opaque': {
        // What comes back may be what a function gave that was handed over.
        const given = join(...args.map((arg) => this.handOver(arg)));
        return join(given, opaque([...thing.from, ...args.flatMap(sourcesOf)]));
      }
      default:
        return this.fail(`a ${thing.kind} is called`);
    }
  }

  #enter(closure: Closure, args: readonly Value[]): Value {
    const name = `${closure.file}#${closure.name}`;
    const given = this.#options.given?.[name];
    if (given) return given;
    const nested = this.#stack.filter(({ code }) => code === closure.code).length;
    // Whatever it does within itself reaches nothing.
    if (isPure(closure.file) && nested >= 1) return UNKNOWN;
    // With nothing known of what it is given, it does again what it does already.
    const known = args.some((arg) => dropNullish(arg).some(({ kind }) => kind !== 'opaque'));
    if (nested >= 2 && !known) return UNKNOWN;
    if (nested >= MOST_NESTED) return this.fail(`${name} is within itself more than ${MOST_NESTED} times`);
    const run = (): Value => {
      const scope = new Scope(closure.file, closure.scope);
      const outer = { file: this.#file, node: this.#node };
      this.#stack.push(closure);
      this.#file = closure.file;
      try {
        closure.code.params.forEach((param, index) => {
          const rest = param.type === 'RestElement';
          this.#bind(rest ? param.argument : param, rest ? list(args.slice(index)) : (args[index] ?? NOTHING), scope);
        });
        const { body } = closure.code;
        if (body.type !== 'BlockStatement') return this.#expression(body, scope);
        const results: Value[] = [];
        const through = this.#block(body.body, scope, results);
        return join(...results, ...(through ? [NOTHING] : []));
      } finally {
        this.#stack.pop();
        this.#file = outer.file;
        this.#node = outer.node;
      }
    };
    return this.#options.around?.(name, args, run) ?? run();
  }

  #bind(pattern: Pattern, value: Value, scope: Scope, assign = false): void {
    switch (pattern.type) {
      case 'Identifier':
        if (assign) scope.assign(pattern.name, value);
        else scope.define(pattern.name, value);
        return;
      case 'AssignmentPattern': {
        const absent = same(value, NOTHING);
        const given = value.filter((thing) => thing.kind !== 'constant' || thing.value !== undefined);
        const fallback = absent === false ? [] : this.#expression(pattern.right, scope);
        this.#bind(pattern.left, absent === true ? fallback : join(given, fallback), scope, assign);
        return;
      }
      case 'ObjectPattern':
        this.#bindObject(pattern, value, scope, assign);
        return;
      case 'ArrayPattern':
        this.#bindArray(pattern, value, scope, assign);
        return;
      case 'MemberExpression':
        this.#store(pattern, value, scope);
        return;
      default:
        this.fail(`${pattern.type} as a pattern is not followed`);
    }
  }

  #bindObject(pattern: ObjectPattern, value: Value, scope: Scope, assign: boolean): void {
    const taken: string[] = [];
    for (const property of pattern.properties) {
      if (property.type === 'RestElement') {
        const left = value.map((thing): Thing => {
          if (thing.kind !== 'record') return thing;
          const fields = [...thing.fields].filter(([key]) => !taken.includes(key));
          return { ...thing, fields: new Map(fields) };
        });
        this.#bind(property.argument, left, scope, assign);
        continue;
      }
      const key =
        !property.computed && property.key.type === 'Identifier'
          ? constant(property.key.name)
          : this.#expression(property.key, scope);
      taken.push(String(onlyConstant(key)?.value));
      this.#bind(property.value, memberOf(this, value, key), scope, assign);
    }
  }

  #bindArray(pattern: ArrayPattern, value: Value, scope: Scope, assign: boolean): void {
    pattern.elements.forEach((element, index) => {
      if (element === null) return;
      if (element.type === 'RestElement') {
        const items = value.flatMap((thing) => (thing.kind === 'list' && thing.exact ? thing.items.slice(index) : []));
        const known = value.every((thing) => thing.kind === 'list' && thing.exact) && value.length === 1;
        this.#bind(element.argument, known ? list(items) : list([iterated(value).all], false), scope, assign);
      } else this.#bind(element, memberOf(this, value, constant(index)), scope, assign);
    });
  }

  #store(target: Extract<Pattern, { type: 'MemberExpression' }>, value: Value, scope: Scope): void {
    const object = this.#expression(target.object as Expression, scope);
    const key = this.#key(target, scope);
    for (const thing of object) {
      if (thing.kind === 'list') {
        thing.items = [join(...thing.items, value)];
        thing.exact = false;
      }
      if (thing.kind !== 'record') continue;
      for (const one of keysOf(key) ?? []) thing.fields.set(one, joinAlike(thing.fields.get(one) ?? [], value));
      if (keysOf(key) === null) thing.rest = join(thing.rest, value);
    }
  }

  #key(member: { readonly property: AnyNode; readonly computed: boolean }, scope: Scope): Value {
    if (member.computed) return this.#expression(member.property as Expression, scope);
    if (member.property.type !== 'Identifier') return this.fail(`${member.property.type} as a name is not followed`);
    return constant(member.property.name);
  }

  #block(body: readonly AnyNode[], scope: Scope, results: Value[]): Reached {
    for (const node of body) if (!this.#statement(node, scope, results)) return false;
    return true;
  }

  #statement(node: AnyNode, scope: Scope, results: Value[]): Reached {
    this.#steps += 1;
    if (this.#steps > MOST_STEPS) this.fail(`more than ${MOST_STEPS} steps`);
    this.#node = node;
    switch (node.type) {
      case 'ExpressionStatement':
        this.#expression(node.expression, scope);
        return true;
      case 'VariableDeclaration':
        for (const { id, init } of node.declarations) {
          this.#bind(id, init ? this.#expression(init, scope, nameOf(id)) : NOTHING, scope);
        }
        return true;
      case 'FunctionDeclaration':
        scope.define(node.id?.name ?? 'default', this.#closure(node, scope, node.id?.name ?? 'default'));
        return true;
      case 'ClassDeclaration': {
        const odd = node.body.body.find(
          (part) =>
            part.type !== 'PropertyDefinition' && !(part.type === 'MethodDefinition' && part.kind === 'constructor'),
        );
        if (odd) this.fail(`a class with a ${odd.type} is not followed`);
        const make = native(node.id?.name ?? 'class', (args) => opaque(args.flatMap(sourcesOf)));
        scope.define(node.id?.name ?? 'default', make);
        return true;
      }
      case 'ReturnStatement':
        results.push(node.argument ? this.#expression(node.argument, scope) : NOTHING);
        return false;
      case 'ThrowStatement':
        this.#expression(node.argument, scope);
        return false;
      case 'BreakStatement':
      case 'ContinueStatement':
        return false;
      case 'BlockStatement':
        return this.#block(node.body, new Scope(scope.file, scope), results);
      case 'IfStatement': {
        const holds = truth(this.#expression(node.test, scope));
        const then = holds === false ? false : this.#statement(node.consequent, scope, results);
        if (holds === true) return then;
        return (node.alternate ? this.#statement(node.alternate, scope, results) : true) || then;
      }
      case 'TryStatement': {
        const inner = this.#block(node.block.body, new Scope(scope.file, scope), results);
        let caught: Reached = false;
        if (node.handler) {
          const handling = new Scope(scope.file, scope);
          if (node.handler.param) this.#bind(node.handler.param, UNKNOWN, handling);
          caught = this.#block(node.handler.body.body, handling, results);
        }
        const last = node.finalizer ? this.#block(node.finalizer.body, new Scope(scope.file, scope), results) : true;
        return (inner || caught) && last;
      }
      case 'ForOfStatement': {
        const { turns } = shortened(iterated(this.#expression(node.right, scope)));
        for (const item of turns) {
          const turn = new Scope(scope.file, scope);
          if (node.left.type === 'VariableDeclaration')
            this.#bind(node.left.declarations[0]?.id as Pattern, item, turn);
          else this.#bind(node.left, item, turn, true);
          this.#statement(node.body, turn, results);
        }
        return true;
      }
      case 'ForStatement': {
        const around = new Scope(scope.file, scope);
        if (node.init?.type === 'VariableDeclaration') {
          // Which turn it is cannot be told.
          for (const { id } of node.init.declarations) this.#bind(id, UNKNOWN, around);
        } else if (node.init) this.#expression(node.init, around);
        for (let turn = 0; turn < TURNS; turn += 1) {
          if (node.test) this.#expression(node.test, around);
          this.#statement(node.body, around, results);
          if (node.update) this.#expression(node.update, around);
        }
        return true;
      }
      case 'WhileStatement':
      case 'DoWhileStatement':
        for (let turn = 0; turn < TURNS; turn += 1) {
          this.#expression(node.test, scope);
          this.#statement(node.body, scope, results);
        }
        return true;
      case 'SwitchStatement': {
        const of = this.#expression(node.discriminant, scope);
        let running = false;
        for (const { test, consequent } of node.cases) {
          const match = test === null || test === undefined ? null : same(of, this.#expression(test, scope));
          if (match === false && !running) continue;
          running = this.#block(consequent, new Scope(scope.file, scope), results);
        }
        return true;
      }
      case 'EmptyStatement':
        return true;
      default:
        return this.fail(`${node.type} is not followed`);
    }
  }

  #closure(code: Closure['code'], scope: Scope, name: string): Value {
    return [{ kind: 'closure', code, scope, name, file: scope.file }];
  }

  #expression(node: AnyNode, scope: Scope, name = 'function'): Value {
    this.#node = node;
    switch (node.type) {
      case 'Literal':
        return 'regex' in node && node.regex ? UNKNOWN : constant(node.value as Primitive);
      case 'Identifier':
        return node.name === 'undefined'
          ? NOTHING
          : (scope.find(node.name) ?? this.fail(`nothing is known of ${node.name}`));
      case 'TemplateLiteral': {
        const parts = node.expressions.map((part) => this.#expression(part, scope));
        return template(
          node.quasis.map(({ value }) => value.cooked ?? ''),
          parts,
        );
      }
      case 'ArrowFunctionExpression':
      case 'FunctionExpression':
        return this.#closure(node, scope, node.id?.name ?? name);
      case 'ObjectExpression':
        return this.#object(node.properties, scope);
      case 'ArrayExpression': {
        const items: Value[] = [];
        let exact = true;
        for (const element of node.elements) {
          if (element === null) continue;
          if (element.type !== 'SpreadElement') {
            items.push(this.#expression(element, scope));
            continue;
          }
          const { turns, known } = iterated(this.#expression(element.argument, scope));
          items.push(...turns);
          exact &&= known;
        }
        return exact ? list(items) : list([join(...items)], false);
      }
      case 'ConditionalExpression': {
        const holds = truth(this.#expression(node.test, scope));
        return join(
          holds === false ? [] : this.#expression(node.consequent, scope, name),
          holds === true ? [] : this.#expression(node.alternate, scope, name),
        );
      }
      case 'LogicalExpression':
        return this.#logical(node.operator, this.#expression(node.left, scope), () =>
          this.#expression(node.right, scope, name),
        );
      case 'AwaitExpression':
        return this.#expression(node.argument, scope);
      case 'ChainExpression':
        return this.#expression(node.expression, scope);
      case 'MemberExpression': {
        const object = this.#expression(node.object, scope);
        const key = this.#key(node, scope);
        // As below: what is surely not there has nothing to give, unless it is what a promise gives.
        const promised = keysOf(key)?.every(isPromiseMethod) ?? false;
        const lost = object.length > 0 && isNullish(object) === true && !promised;
        if (lost && !node.optional && !isPure(scope.file)) this.fail('what is read from here is never there');
        return memberOf(this, object, key);
      }
      case 'CallExpression': {
        // Which value a method belongs to is in what `memberOf` gives.
        const callee = this.#expression(node.callee, scope);
        const args = this.#arguments(node.arguments, scope);
        this.#node = node;
        // What is never a function was lost on the way here, with all that it would have called. The domain calls nothing; it asks for types.
        const lost = callee.length > 0 && callee.every(({ kind }) => kind === 'constant');
        if (lost && !node.optional && !isPure(scope.file)) this.fail('what is called here is never a function');
        return this.apply(callee, args, node);
      }
      case 'NewExpression': {
        const callee = this.#expression(node.callee, scope);
        const args = this.#arguments(node.arguments, scope);
        this.#node = node;
        return this.apply(callee, args, node);
      }
      case 'ImportExpression': {
        const specifier = onlyConstant(this.#expression(node.source, scope))?.value;
        if (typeof specifier !== 'string') return this.fail('an import by a name that is not known is not followed');
        return this.#imported(specifier, scope.file, '*');
      }
      case 'AssignmentExpression': {
        if (node.operator === '=') {
          const value = this.#expression(node.right, scope, nameOf(node.left));
          this.#bind(node.left, value, scope, true);
          return value;
        }
        const before = this.#expression(node.left as Expression, scope);
        const operator = node.operator.slice(0, -1);
        const value = ['??', '||', '&&'].includes(operator)
          ? this.#logical(operator, before, () => this.#expression(node.right, scope))
          : this.#binary(operator, before, this.#expression(node.right, scope));
        this.#bind(node.left, value, scope, true);
        return value;
      }
      case 'BinaryExpression':
        if (node.left.type === 'PrivateIdentifier') return this.fail('a private name is not followed');
        return this.#binary(node.operator, this.#expression(node.left, scope), this.#expression(node.right, scope));
      case 'UnaryExpression':
        return this.#unary(node.operator, this.#expression(node.argument, scope));
      case 'UpdateExpression':
        this.#bind(node.argument as Pattern, UNKNOWN, scope, true);
        return UNKNOWN;
      case 'SequenceExpression':
        return node.expressions.map((one) => this.#expression(one, scope)).at(-1) ?? NOTHING;
      default:
        return this.fail(`${node.type} is not followed`);
    }
  }

  #arguments(nodes: readonly AnyNode[], scope: Scope): readonly Value[] {
    return nodes.flatMap((node): readonly Value[] => {
      if (node.type !== 'SpreadElement') return [this.#expression(node, scope)];
      const { turns, known } = iterated(this.#expression(node.argument, scope));
      // How many there are cannot be told: each of some may be any.
      return known ? turns : Array<Value>(4).fill(join(...turns));
    });
  }

  #object(properties: readonly AnyNode[], scope: Scope): Value {
    const made = {
      kind: 'record' as const,
      fields: new Map<string, Value>(),
      getters: new Map<string, Value>(),
      rest: [] as Value,
    };
    for (const property of properties) {
      if (property.type === 'SpreadElement') {
        const spread = this.#expression(property.argument, scope);
        const certain = spread.length === 1;
        for (const thing of spread) {
          if (thing.kind === 'opaque') made.rest = join(made.rest, [thing]);
          if (thing.kind !== 'record') continue;
          made.rest = join(made.rest, thing.rest);
          // What is read through a getter is a plain field in the copy.
          const all = [...thing.fields, ...[...thing.getters].map(([key, get]) => [key, this.apply(get, [])] as const)];
          for (const [key, value] of all)
            made.fields.set(key, certain ? value : join(made.fields.get(key) ?? [], value));
        }
        continue;
      }
      if (property.type !== 'Property') return this.fail(`${property.type} is not followed`);
      const key =
        !property.computed && property.key.type === 'Identifier'
          ? constant(property.key.name)
          : this.#expression(property.key, scope);
      const keys = keysOf(key);
      const value = this.#expression(property.value, scope, keys?.[0] ?? 'function');
      if (property.kind === 'get') for (const one of keys ?? []) made.getters.set(one, value);
      else if (keys === null) made.rest = join(made.rest, value);
      else
        for (const one of keys)
          made.fields.set(one, keys.length === 1 ? value : join(made.fields.get(one) ?? [], value));
    }
    return [made];
  }

  #logical(operator: string, left: Value, right: () => Value): Value {
    const decided = operator === '??' ? isNullish(left) : truth(left);
    // `a ?? b` and `a || b` want b where a is not there; `a && b` where it is.
    const wanted = operator === '||' ? (decided === null ? null : !decided) : decided;
    if (wanted === false) return left;
    const kept = operator === '??' ? dropNullish(left) : operator === '||' ? dropFalsy(left) : left;
    if (wanted === true) return right();
    return join(kept, right());
  }

  #binary(operator: string, left: Value, right: Value): Value {
    if (operator === '===' || operator === '!==') {
      const equal = same(left, right);
      return equal === null ? UNKNOWN : constant(operator === '===' ? equal : !equal);
    }
    const [a, b] = [onlyConstant(left), onlyConstant(right)];
    if (a && b && operator in ARITHMETIC) return constant(ARITHMETIC[operator]?.(a.value as number, b.value as number));
    return opaque([...sourcesOf(left), ...sourcesOf(right)]);
  }

  #unary(operator: string, value: Value): Value {
    if (operator === 'void') return NOTHING;
    if (operator === '!') {
      const holds = truth(value);
      return holds === null ? UNKNOWN : constant(!holds);
    }
    if (operator === 'typeof') {
      if (value.some(({ kind }) => kind === 'opaque')) return UNKNOWN;
      return join(...value.map((thing) => constant(typeOf(thing))));
    }
    const one = onlyConstant(value)?.value;
    if (operator === '-' && typeof one === 'number') return constant(-one);
    return opaque(sourcesOf(value));
  }
}

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => Primitive>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

const MANY = 4;

/** Many turns that differ in a number alone, as the waits of a poll do, are gone through as two. */
const shortened = (of: ReturnType<typeof iterated>): ReturnType<typeof iterated> => {
  const numbers = of.turns.every((turn) => typeof onlyConstant(turn)?.value === 'number');
  return of.turns.length > MANY && numbers ? { ...of, turns: [of.all, of.all] } : of;
};

const typeOf = (thing: Thing): string =>
  thing.kind === 'constant'
    ? typeof thing.value
    : thing.kind === 'closure' || thing.kind === 'native'
      ? 'function'
      : 'object';

const nameOf = (pattern: Pattern): string =>
  pattern.type === 'Identifier'
    ? pattern.name
    : pattern.type === 'MemberExpression' && pattern.property.type === 'Identifier'
      ? pattern.property.name
      : 'function';

const MOST_TEXTS = 32;

/** Every text that the parts can make; opaque where a part is, or where there are too many. */
const template = (texts: readonly string[], parts: readonly Value[]): Value => {
  let made: readonly string[] = [texts[0] ?? ''];
  for (const [index, part] of parts.entries()) {
    const ends = part.map((thing) => (thing.kind === 'constant' ? `${thing.value}${texts[index + 1] ?? ''}` : null));
    if (ends.includes(null) || made.length * ends.length > MOST_TEXTS) return opaque(parts.flatMap(sourcesOf));
    made = made.flatMap((start) => ends.map((end) => start + end));
  }
  return made.flatMap((value) => constant(value));
};
