/**
 * The door: one HTTP server that speaks the AWS wire for the services mounted on it. It knows caller and region of each
 * call by its signature, asks `authorize`, keeps a log, and can do faults. It validates no input: required members,
 * patterns and pagination are the services' own.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Address } from '#lab/addresses.ts';
import { type Call, type LabService, type Log, type Part, ServiceFault } from '#lab/contract.ts';
import { type Answer, type Refusal, writeError, writeOutput } from '#lab/door/answer.ts';
import { collect, decodeBody } from '#lab/door/body.ts';
import { type CallLog, createCallLog } from '#lab/door/call-log.ts';
import { muteResponse, parseJson, regionInArns, send, unsignedMessage } from '#lab/door/exchange.ts';
import { createFaults, type Faults } from '#lab/door/faults.ts';
import { createMounts, type Mounted, type RawHandler } from '#lab/door/mounts.ts';
import { parsePairs, readQueryInput } from '#lab/door/query-string.ts';
import {
  badSignature,
  missingToken,
  named,
  notImplemented,
  serverError,
  throttled,
  unknownKey,
} from '#lab/door/refusals.ts';
import { matchRoute, type RestRequest, readRestInput } from '#lab/door/rest.ts';
import { codecs, type Operation, type ServiceModel, type Structure } from '#lab/door/sdk-schemas.ts';
import { labSecret, parseAuthorization, roleOf, type Scope, signatureProblem } from '#lab/door/signature.ts';
import { type Heard, hear, type Wire } from '#lab/door/wire.ts';

export interface DoorDeps {
  readonly address: Address;
  readonly log?: Log;
  readonly now?: () => number;
  /** Secret of an access key, or undefined for an unknown one. Default: the lab's rule (`labSecret`). */
  readonly secretOf?: (accessKeyId: string) => string | undefined;
  /** Throws `ServiceFault('AccessDenied', ...)` to refuse a call; runs before the handler. */
  readonly authorize?: (call: Call, input: unknown) => void;
}

/** Who calls what, as the call itself says. */
export interface Caller extends Scope {
  readonly role: string | undefined;
}

export interface Door extends Part {
  /** Mounts a service in `region`, or in every region; also while listening. */
  mount(service: LabService, region?: string): void;
  mountRaw(service: string, handler: RawHandler, operations?: readonly string[], region?: string): void;
  /** Service -> names of the operations that it answers. */
  operations(): Readonly<Record<string, readonly string[]>>;
  listen(): Promise<void>;
  readonly url: string;
  readonly calls: CallLog;
  readonly faults: Faults;
  /** While on, every call signed for this region gets its connection reset, as if the region were gone. */
  blackhole(region: string, on: boolean): void;
  /**
   * From now on calls that `when` names are taken and never answered, as from a network that is cut off: their callers wait for their own time-outs.
   * The function returned ends it; what was sent until then never arrives.
   */
  silence(when: (caller: Caller) => boolean): () => void;
}

/** Calls that AWS takes unsigned; the last two are the links in SNS messages. */
const UNSIGNED = new Set(['AssumeRoleWithWebIdentity', 'AssumeRoleWithSAML', 'ConfirmSubscription', 'Unsubscribe']);

/** Ends a call with this error. */
class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}
/** Ends a call with a reset connection. */
class Hangup extends Error {
  readonly outcome: string;
  constructor(outcome: string) {
    super(outcome);
    this.outcome = outcome;
  }
}

/** A call that is never answered. */
class Silence extends Error {}

/** All that is known of a call while it goes through the door. */
interface Visit {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly id: string;
  readonly at: number;
  readonly rest: RestRequest;
  /** The body as sent: what the signature covers. */
  readonly rawBody: Buffer;
  wire: Wire;
  service: string;
  region: string;
  operation: string;
  role: string | undefined;
  model: ServiceModel | undefined;
}

export const createDoor = (deps: DoorDeps): Door => {
  const { address, log = () => {}, now = Date.now, secretOf = labSecret, authorize } = deps;
  const mounts = createMounts();
  const calls = createCallLog();
  const faults = createFaults();
  const dead = new Set<string>();
  const silent = new Map<(caller: Caller) => boolean, Set<ServerResponse>>();

  const receive = async (req: IncomingMessage, res: ServerResponse): Promise<Visit> => {
    const rawBody = await collect(req);
    const [path = '/', query = ''] = (req.url ?? '/').split(/\?(.*)/s);
    const rest = {
      method: req.method ?? 'GET',
      path,
      query: parsePairs(query),
      headers: req.headers,
      body: decodeBody(rawBody, req.headers),
    };
    const known = {
      wire: 'restJson',
      service: '',
      region: '',
      operation: '',
      role: undefined,
      model: undefined,
    } as const;
    return { req, res, id: randomUUID(), at: now(), rest, rawBody, ...known };
  };

  /** What was asked for is on record also where nobody answers; REST tells it by the route. */
  const nameOperation = (visit: Visit): void => {
    const mounted = mounts.find(visit.service, visit.region);
    if (visit.operation !== '' || mounted?.kind !== 'typed') return;
    visit.operation = matchRoute(mounted.model, visit.rest)?.operation.name ?? '';
  };

  /** Fills in who calls what, and proves it. */
  const identify = async (visit: Visit): Promise<{ accessKeyId: string; heard: Heard }> => {
    const { rest, req } = visit;
    const scope = parseAuthorization(req.headers.authorization);
    const heard = hear(scope?.service, rest.path, rest.query, req.headers, rest.body);
    visit.wire = heard.wire;
    visit.operation = heard.operation ?? '';
    if (!scope) {
      const found =
        heard.operation && UNSIGNED.has(heard.operation) ? mounts.findByOperation(heard.operation) : undefined;
      if (!found) throw new Refused(missingToken(heard.wire, unsignedMessage(rest)));
      Object.assign(visit, { service: found.name, region: regionInArns(heard) });
      return { accessKeyId: '', heard };
    }
    Object.assign(visit, { service: scope.service, region: scope.region, role: roleOf(scope.accessKeyId) });
    const hushed = [...silent].filter(([when]) => when({ ...scope, role: visit.role }));
    for (const [, unanswered] of hushed) unanswered.add(visit.res);
    if (hushed.length > 0 || dead.has(scope.region)) {
      nameOperation(visit);
      throw hushed.length > 0 ? new Silence() : new Hangup('Reset');
    }
    const secret = secretOf(scope.accessKeyId);
    if (secret === undefined) throw new Refused(unknownKey(heard.wire));
    const problem = await signatureProblem(
      { ...rest, body: visit.rawBody, headers: req.headers },
      scope,
      secret,
      now(),
    );
    if (problem) throw new Refused(badSignature(heard.wire, problem));
    return { accessKeyId: scope.accessKeyId, heard };
  };

  const mountedFor = (visit: Visit): Mounted => {
    const mounted = mounts.find(visit.service, visit.region);
    if (mounted) return mounted;
    const regions = mounts.regionsOf(visit.service);
    throw new Refused(
      notImplemented(
        regions.length > 0
          ? `the lab has no ${visit.service} in ${visit.region}: it has it in ${regions.join(', ')}`
          : `the lab has no service ${visit.service}: it offers ${mounts.services().join(', ')}`,
      ),
    );
  };

  const applyFaults = async (call: Call, visit: Visit): Promise<{ answerLost: boolean }> => {
    let answerLost = false;
    for (const effect of faults.take(call)) {
      if (effect.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, effect.ms));
      if (effect.kind === 'throttle') throw new Refused(throttled(visit.wire));
      if (effect.kind === 'error') throw new Refused(serverError(effect.status ?? 500, 'injected fault'));
      if (effect.kind === 'reset') throw new Hangup('Reset');
      if (effect.kind === 'lose-answer') answerLost = true;
    }
    return { answerLost };
  };

  const callOf = (visit: Visit, accessKeyId: string): Call => {
    const { id, service, operation, region, role, at } = visit;
    return { id, service, operation, region, role, at, accessKeyId };
  };

  const readInput = async (
    visit: Visit,
    heard: Heard,
    model: ServiceModel,
  ): Promise<{ operation: Operation; input: Structure }> => {
    const { wire, rest } = visit;
    if (wire === 'restJson' || wire === 'restXml') {
      const match = matchRoute(model, rest);
      if (!match)
        throw new Refused(
          notImplemented(`the lab knows no operation of ${visit.service} at ${rest.method} ${rest.path}`),
        );
      visit.operation = match.operation.name;
      return { operation: match.operation, input: await readRestInput(match, rest, wire) };
    }
    const operation = model.operations.get(visit.operation);
    if (!operation) throw new Refused(notImplemented(`${visit.service} has no operation ${visit.operation}`));
    if (wire === 'query') return { operation, input: readQueryInput(operation.input, heard.form) };
    return { operation, input: await (wire === 'cbor' ? codecs.cbor : codecs.json).read(operation.input, rest.body) };
  };

  const serveTyped = async (
    visit: Visit,
    heard: Heard,
    accessKeyId: string,
    { service, model }: Mounted & { kind: 'typed' },
  ): Promise<Answer> => {
    visit.model = model;
    let read: { operation: Operation; input: Structure };
    try {
      read = await readInput(visit, heard, model);
    } catch (error) {
      if (error instanceof Refused) throw error;
      throw new Refused({ name: 'SerializationException', message: String((error as Error).message), status: 400 });
    }
    const handler = service.operations[read.operation.name];
    if (!handler) {
      const offers = Object.keys(service.operations).sort().join(', ');
      throw new Refused(
        notImplemented(`the lab does not implement ${visit.service} ${read.operation.name}: it offers ${offers}`),
      );
    }
    const call = callOf(visit, accessKeyId);
    const { answerLost } = await applyFaults(call, visit);
    authorize?.(call, read.input);
    const output = ((await handler(read.input, call)) ?? {}) as Structure;
    if (answerLost) throw new Hangup('AnswerLost');
    // The region died while it was at work.
    if (dead.has(visit.region)) throw new Hangup('Reset');
    return writeOutput(visit.wire, read.operation, output, visit.id);
  };

  const serveRaw = async (
    visit: Visit,
    accessKeyId: string,
    { handler }: Mounted & { kind: 'raw' },
  ): Promise<string> => {
    const call = callOf(visit, accessKeyId);
    const { answerLost } = await applyFaults(call, visit);
    authorize?.(call, parseJson(visit.rest.body));
    if (answerLost) muteResponse(visit.res);
    const outcome = await handler(visit.req, visit.res, visit.rest.body, call);
    if (answerLost) throw new Hangup('AnswerLost');
    if (!visit.res.writableFinished && !visit.res.closed) await once(visit.res, 'close');
    return outcome;
  };

  const refusalOf = (error: unknown, visit: Visit): Refusal => {
    if (error instanceof Refused) return error.refusal;
    if (error instanceof ServiceFault) {
      return named(visit.wire, {
        name: error.shape,
        message: error.message,
        status: error.status,
        members: { ...error.members },
      });
    }
    // What was under way when the lab went down fails by that.
    const what = stopped ? 'was under way when the lab stopped' : 'failed inside the lab';
    log('door', `${visit.service} ${visit.operation} ${what}`, { error: String((error as Error)?.stack ?? error) });
    return serverError(
      500,
      `${visit.service} ${visit.operation} failed inside the lab: ${String((error as Error)?.message ?? error)}`,
    );
  };

  /** Answers one call; returns its outcome for the log. */
  const serve = async (visit: Visit): Promise<string> => {
    try {
      const { accessKeyId, heard } = await identify(visit);
      const mounted = mountedFor(visit);
      if (mounted.kind === 'raw') {
        return await serveRaw(visit, accessKeyId, mounted);
      }
      send(visit.req, visit.res, visit.id, await serveTyped(visit, heard, accessKeyId, mounted));
      return 'ok';
    } catch (error) {
      if (error instanceof Hangup) {
        visit.req.socket.resetAndDestroy();
        return error.outcome;
      }
      if (error instanceof Silence) {
        if (!visit.res.closed) await once(visit.res, 'close');
        return 'Silence';
      }
      const answer = writeError(visit.wire, visit.service, visit.model, refusalOf(error, visit), visit.id);
      if (visit.res.headersSent) visit.req.socket.resetAndDestroy();
      else send(visit.req, visit.res, visit.id, answer);
      return answer.code;
    }
  };

  const onRequest = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const started = performance.now();
    try {
      const visit = await receive(req, res);
      const outcome = await serve(visit);
      const { id, at, service, operation, region, role } = visit;
      const status = ['Reset', 'AnswerLost', 'Silence'].includes(outcome) ? 0 : res.statusCode;
      calls.add({ id, at, service, operation, region, role, status, outcome, ms: performance.now() - started });
    } catch (error) {
      // Nothing of the call is known: its body broke off, or could not be decoded.
      log('door', 'a request could not be read', { error: String(error) });
      req.socket.destroy();
    }
  };

  const server = createServer({ keepAlive: true, keepAliveTimeout: 60_000 }, (req, res) => void onRequest(req, res));
  let stopped: Promise<void> | undefined;

  return {
    url: `http://${address.host}:${address.port}`,
    mount: mounts.mount,
    mountRaw: mounts.mountRaw,
    operations: mounts.operations,
    calls,
    faults,
    blackhole: (region, on) => void (on ? dead.add(region) : dead.delete(region)),
    silence: (when) => {
      const unanswered = new Set<ServerResponse>();
      silent.set(when, unanswered);
      return () => {
        silent.delete(when);
        for (const { req } of unanswered) req.socket.destroy();
      };
    },
    listen: async () => {
      server.listen(address.port, address.host);
      await once(server, 'listening');
    },
    stop: () =>
      (stopped ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      })),
  };
};
