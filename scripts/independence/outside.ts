import { memberOf } from './builtins.ts';
import type { Call } from './calls.ts';
import { SERVICES } from './control-planes.ts';
import { CannotFollowError, type Interpreter, type Outside } from './interpreter.ts';
import {
  constant,
  constantsOf,
  join,
  NOTHING,
  native,
  onlyConstant,
  opaque,
  record,
  type Source,
  sourcesOf,
  truth,
  UNKNOWN,
  type Value,
} from './values.ts';

/** Packages and parts of Node that reach nothing over the network. */
const HARMLESS = [
  'zod',
  // Write to standard output.
  '@aws-lambda-powertools/logger',
  '@aws-lambda-powertools/metrics',
  // Signs; what is signed is sent by whoever has it then.
  '@smithy/signature-v4',
  'node:crypto',
  'node:timers/promises',
];

const SDK = '@aws-sdk/client-';

/** Operations behind the commands of the document client. */
const DOCUMENT_COMMANDS: Readonly<Record<string, string>> = {
  GetCommand: 'GetItem',
  PutCommand: 'PutItem',
  UpdateCommand: 'UpdateItem',
  DeleteCommand: 'DeleteItem',
  QueryCommand: 'Query',
  ScanCommand: 'Scan',
  BatchGetCommand: 'BatchGetItem',
  BatchWriteCommand: 'BatchWriteItem',
  TransactGetCommand: 'TransactGetItems',
  TransactWriteCommand: 'TransactWriteItems',
};

/** The marks and the list of calls that one walk makes. */
export interface Ledger {
  readonly calls: Call[];
  /** Bounds of the attempts that are being made, ms. */
  readonly within: number[];
}

const numberOf = (value: Value): number | null => {
  const one = onlyConstant(value)?.value;
  return typeof one === 'number' ? one : null;
};

const sum = (...parts: readonly (number | null)[]): number | null =>
  parts.reduce<number | null>((all, part) => (all === null || part === null ? null : all + part), 0);

/** Models of what the sources import from outside, and the list of the calls that are made through them. */
export const outsideOf =
  (ledger: Ledger) =>
  (of: Interpreter): Outside => {
    const field = (value: Value, name: string): Value => memberOf(of, value, constant(name));

    const note = (call: Pick<Call, 'service' | 'operation'> & Partial<Call>): void => {
      ledger.calls.push({
        region: null,
        host: null,
        source: null,
        timeoutMs: null,
        withinMs: ledger.within.length > 0 ? Math.min(...ledger.within) : null,
        site: of.place(),
        ...call,
      });
    };

    /** Every place that a host may be: by its name, or by the answer that it was taken from. */
    const places = (host: Value): readonly { readonly host: string | null; readonly source: Source | null }[] => {
      const names = constantsOf(host).filter((one) => typeof one === 'string' && one !== '');
      const sources = sourcesOf(host);
      const lost = host.some(({ kind }) => kind === 'opaque') && sources.length === 0;
      const found = [
        ...names.map((name) => ({ host: String(name), source: null })),
        ...sources.map((source) => ({ host: null, source })),
      ];
      return found.length === 0 || lost ? [...found, { host: null, source: null }] : found;
    };

    const patienceOf = (options: Value): number | null => {
      const handler = field(options, 'requestHandler');
      const tries = numberOf(field(options, 'maxAttempts'));
      // Without it the handler warns and waits on.
      if (truth(field(handler, 'throwOnRequestTimeout')) !== true || tries === null) return null;
      const one = sum(numberOf(field(handler, 'connectionTimeout')), numberOf(field(handler, 'requestTimeout')));
      return one === null ? null : one * tries;
    };

    const clientOf = (service: string, options: Value): Value => {
      const timeoutMs = patienceOf(options);
      const regions = constantsOf(field(options, 'region')).map(String);
      const id = `${service} ${regions.join()} ${timeoutMs}`;
      const send = (operation: string): Value => {
        for (const region of regions.length > 0 ? regions : [null]) note({ service, operation, region, timeoutMs });
        return opaque(regions.map((region) => ({ service, operation, region })));
      };
      return record({
        send: native(
          'send',
          ([command]) => {
            const operations = constantsOf(field(command ?? NOTHING, '$operation')).filter((one) => one !== undefined);
            if (operations.length === 0) return send('?');
            return join(...operations.map((operation) => send(String(operation))));
          },
          id,
        ),
        // For the paginators.
        $send: native('$send', ([operation]) => send(String(onlyConstant(operation ?? UNKNOWN)?.value ?? '?')), id),
        config: UNKNOWN,
        destroy: native('destroy', () => NOTHING, 'destroy'),
      });
    };

    const command = (operation: string): Value => native(operation, () => record({ $operation: constant(operation) }));

    const paginator = (operation: string): Value =>
      native(operation, ([config]) =>
        of.apply(field(field(config ?? NOTHING, 'client'), '$send'), [constant(operation)]),
      );

    const sdk = (name: string): Value => {
      const service = SERVICES[name.slice(SDK.length)];
      if (!service)
        throw new CannotFollowError(
          `nothing is known of the service of ${name}: scripts/independence/control-planes.ts`,
        );
      return exportsOf((wanted) => {
        if (wanted.endsWith('Client'))
          return native(wanted, ([options]) => clientOf(service.prefix, options ?? NOTHING));
        if (wanted.endsWith('Command')) return command(wanted.slice(0, -'Command'.length));
        if (wanted.startsWith('paginate')) return paginator(wanted.slice('paginate'.length));
        return of.fail(`nothing is known of ${wanted} of ${name}`);
      });
    };

    const documents = exportsOf((wanted) => {
      if (wanted === 'DynamoDBDocumentClient') return record({ from: native('from', ([client]) => client ?? NOTHING) });
      const operation = DOCUMENT_COMMANDS[wanted];
      if (operation) return command(operation);
      if (wanted.startsWith('paginate')) return paginator(wanted.slice('paginate'.length));
      return of.fail(`nothing is known of ${wanted} of @aws-sdk/lib-dynamodb`);
    });

    const request = native('request', ([target, options, listener]) => {
      const url = target ?? NOTHING;
      const host = join(
        field(url, 'hostname'),
        opaque(sourcesOf(url)).filter((one) => one.kind === 'opaque' && one.from.length > 0),
      );
      const signal = field(options ?? NOTHING, 'signal');
      const [deadline] = signal;
      const timeoutMs = signal.length === 1 && deadline?.kind === 'deadline' ? numberOf(deadline.ms) : null;
      const method = constantsOf(field(options ?? NOTHING, 'method')).filter((one) => typeof one === 'string');
      for (const place of places(host)) {
        const kubernetes = place.source?.service === 'eks';
        for (const operation of method.length > 0 ? method : ['?'])
          note({ service: kubernetes ? 'kubernetes' : 'http', operation: String(operation), timeoutMs, ...place });
      }
      if (listener) of.handOver(listener);
      return opaque(sourcesOf(url));
    });
    const http = record({ request, get: request, Agent: native('Agent', () => UNKNOWN) });

    const fetching = native('fetch', ([target]) => {
      const urls = constantsOf(target ?? NOTHING).filter((one) => typeof one === 'string' && URL.canParse(one));
      const host = join(
        ...urls.map((one) => constant(new URL(String(one)).hostname)),
        opaque(sourcesOf(target ?? NOTHING)),
      );
      for (const place of places(host)) note({ service: 'http', operation: 'fetch', ...place });
      return UNKNOWN;
    });

    const resolver = native('Resolver', ([options]) => {
      const timeout = numberOf(field(options ?? NOTHING, 'timeout'));
      const tries = numberOf(field(options ?? NOTHING, 'tries'));
      const look = native('resolve4', ([name]) => {
        // Each server is asked that often; Lambda has one.
        const timeoutMs = timeout === null || tries === null ? null : timeout * tries;
        for (const place of places(name ?? UNKNOWN))
          note({ service: 'dns', operation: 'resolve', timeoutMs, ...place });
        return UNKNOWN;
      });
      return record({
        resolve4: look,
        resolve6: look,
        resolveCname: look,
        setServers: native('setServers', () => NOTHING),
        cancel: native('cancel', () => NOTHING),
      });
    });
    const dns = record({ promises: record({ Resolver: resolver }), getServers: native('getServers', () => UNKNOWN) });

    const postgres = native('Client', ([options]) => {
      const host = field(options ?? NOTHING, 'host');
      const [connect, query] = ['connectionTimeoutMillis', 'query_timeout'].map((name) =>
        numberOf(field(options ?? NOTHING, name)),
      );
      const talk = (operation: string, timeoutMs: number | null | undefined): Value => {
        for (const place of places(host)) note({ service: 'sql', operation, timeoutMs: timeoutMs ?? null, ...place });
        return UNKNOWN;
      };
      return record({
        connect: native('connect', () => talk('connect', connect)),
        query: native('query', () => talk('query', query)),
        on: native('on', () => NOTHING),
        end: native('end', () => NOTHING),
      });
    });

    /** Layers around a handler, in their order: each of them is gone through, and what it does when the handler fails as well. */
    const middy = native('middy', ([settings]) => {
      of.handOver(settings ?? NOTHING);
      const layers: Value[] = [];
      const made = record();
      const [thing] = made;
      if (thing?.kind !== 'record') return made;
      const eachLayer = (when: string, request: Value): void => {
        for (const layer of layers.flatMap((one) => flatten(one))) {
          const step = field(layer, when);
          if (truth(step) !== false) of.apply(step, [request]);
        }
      };
      thing.fields.set(
        'use',
        native('use', ([layer]) => {
          layers.push(layer ?? NOTHING);
          return made;
        }),
      );
      thing.fields.set(
        'handler',
        native('handler', ([inner]) =>
          native('handled', ([event, context]) => {
            const request = record({
              event: event ?? UNKNOWN,
              context: context ?? UNKNOWN,
              response: UNKNOWN,
              error: UNKNOWN,
            });
            eachLayer('before', request);
            const result = of.apply(inner ?? NOTHING, [
              event ?? UNKNOWN,
              context ?? UNKNOWN,
              record({ signal: UNKNOWN }),
            ]);
            eachLayer('after', request);
            eachLayer('onError', request);
            return result;
          }),
        ),
      );
      return made;
    });

    /** What runs in a context is called there and then; what the context holds is not known. */
    const context = native('AsyncLocalStorage', () =>
      record({
        run: native('run', ([, work, ...args]) => of.apply(work ?? NOTHING, args)),
        getStore: native('getStore', () => UNKNOWN),
      }),
    );

    const modules: Readonly<Record<string, Value>> = {
      '@aws-sdk/lib-dynamodb': documents,
      '@middy/core': record({ default: middy }),
      'node:async_hooks': record({ AsyncLocalStorage: context }),
      'node:http': http,
      'node:https': http,
      'node:dns': record({ default: dns, ...fieldsOf(dns) }),
      pg: record({ default: record({ Client: postgres }), Client: postgres }),
      ...Object.fromEntries(HARMLESS.map((name) => [name, UNKNOWN])),
    };
    const clients = new Map<string, Value>();
    return {
      module: (name) => {
        const known = modules[name] ?? clients.get(name);
        if (known) return known;
        if (!name.startsWith(SDK))
          return of.fail(`nothing is known of ${name}: scripts/independence/outside.ts has to say what it reaches`);
        const made = sdk(name);
        clients.set(name, made);
        return made;
      },
      globals: { fetch: fetching },
    };
  };

/** A record whose fields are made when they are asked for. */
const exportsOf = (make: (name: string) => Value): Value => {
  const fields = new Map<string, Value>();
  const lazy = new Proxy(fields, {
    get: (target, key) => {
      if (key === 'get')
        return (name: string) => {
          if (!target.has(name)) target.set(name, make(name));
          return target.get(name);
        };
      const found = Reflect.get(target, key);
      return typeof found === 'function' ? found.bind(target) : found;
    },
  });
  return [{ kind: 'record', fields: lazy, getters: new Map(), rest: [] }];
};

const fieldsOf = (value: Value): Readonly<Record<string, Value>> => {
  const [thing] = value;
  return thing?.kind === 'record' ? Object.fromEntries(thing.fields) : {};
};

const flatten = (value: Value): readonly Value[] => {
  const [thing] = value;
  if (value.length === 1 && thing?.kind === 'list') return thing.items.flatMap(flatten);
  return [value];
};
