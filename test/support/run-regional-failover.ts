import type { Context } from 'aws-lambda';
import { labTime } from '#lab/time.ts';
import { kebab, machines, nodesOf } from '../../scripts/state-graph.ts';
import { ROLE, resultOf, testEngine } from '../asl/engine.ts';
import type { World } from './fakes/world.ts';

const NAME = 'regional-failover';
const ARN = (name: string) => `arn:aws:lambda:us-west-2:123456789012:function:${name}`;
const TIMEOUT_MS = 15_000;
/** Waits and retry intervals cost next to nothing. */
const TIME_SCALE = 50_000;

type Handler = (event: unknown, context: Context) => Promise<unknown>;
interface StateHandler extends Handler {
  with(parts: object): Handler;
}

/** The machine as it is deployed, its placeholders made ARNs. */
const definition = (): object => {
  const found = machines().find(({ name }) => name === NAME);
  return JSON.parse(JSON.stringify(found?.machine).replace(/\$\{(\w+)LambdaFunction\.Arn\}/g, (_all, key) => ARN(key)));
};

const handlersOver = async (at: World): Promise<ReadonlyMap<string, Handler>> => {
  const { ports, clock, plan } = at;
  const parts = {
    ports,
    claims: ports.claims,
    controls: ports.controls,
    ledger: ports.ledger,
    clock,
    plan,
    environment: { DECISION_URL: 'https://decide.example/' },
  };
  const tasks = nodesOf(definition() as never).filter(({ state }) => state.Type === 'Task');
  const loaded = tasks.map(async ({ name }) => {
    const { handler } = (await import(`../../functions/${kebab(name)}.ts`)) as { handler: StateHandler };
    return [name, handler.with(parts)] as const;
  });
  return new Map(await Promise.all(loaded));
};

/** Something that happens when a state's function is called, before or in its place: a result, or an error that is thrown. */
export type Happening = (state: string, call: number) => Promise<unknown> | unknown;

export const ASKED = { plan: 'svg-ai', reason: 'the region does not answer', mode: 'failover' };

export interface RunOptions {
  readonly input?: unknown;
  /** Of the execution. */
  readonly name?: string;
  /** Called when a function is done; what it throws is what the machine sees, as when the function's answer is lost. */
  readonly afterwards?: (state: string) => void;
}

/**
 * Runs the deployed machine in the lab's engine with the real functions, their middleware and the domain, over the world in memory.
 * A happening that gives undefined lets the function go on.
 */
export const runRegionalFailover = async (
  at: World,
  happening: Happening = () => undefined,
  { input = ASKED, name = 'by-hand', afterwards = () => undefined }: RunOptions = {},
) => {
  const handlers = await handlersOver(at);
  const called: string[] = [];
  const engine = testEngine({
    time: labTime(TIME_SCALE),
    invoke: async (arn, payload) => {
      const state = arn.slice(ARN('').length);
      const handler = handlers.get(state);
      if (!handler) throw new Error(`${arn} is no function`);
      called.push(state);
      at.clock.advance(10);
      try {
        const instead = await happening(state, called.filter((name) => name === state).length);
        if (instead !== undefined) return { payload: instead };
        const deadline = Date.now() + TIMEOUT_MS;
        const context = { getRemainingTimeInMillis: () => deadline - Date.now() } as Context;
        const payloadBack = await handler(payload, context);
        afterwards(state);
        return { payload: payloadBack ?? null };
      } catch (error) {
        const { name, message } = error as Error;
        return { payload: { errorType: name, errorMessage: message }, functionError: 'Unhandled' };
      }
    },
  });
  at.ports.taskTokens.answer = async ({ token: taskToken, output, error, cause }) => {
    try {
      if (error === undefined) {
        await engine.api('SendTaskSuccess', { taskToken, output: JSON.stringify(output) });
      } else {
        await engine.api('SendTaskFailure', { taskToken, error, cause });
      }
      return 'sent';
    } catch {
      return 'gone';
    }
  };
  try {
    const { stateMachineArn } = await engine.createStateMachine({
      name: NAME,
      definition: definition(),
      roleArn: ROLE,
    });
    const { executionArn } = engine.startExecution({ stateMachineArn, name, input });
    const result = await resultOf(engine, executionArn);
    const entered = result.events.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []);
    return { ...result, called, entered, end: entered.at(-1), record: await at.ports.ledger.read(executionArn) };
  } finally {
    await engine.stop();
  }
};
