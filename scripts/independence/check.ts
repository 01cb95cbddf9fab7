import { parse } from 'yaml';
import type { Plan } from '#domain/plan.ts';
import { functionOf, gates, type Machine, nodesOf } from '../state-graph.ts';
import type { Call } from './calls.ts';
import { type Judgement, judge } from './judge.ts';
import type { Sources } from './sources.ts';
import { type Walked, walk } from './walk.ts';

export interface JudgedCall extends Call, Judgement {}

export interface Judged extends Omit<Walked, 'calls'> {
  readonly calls: readonly JudgedCall[];
}

export interface Independence {
  readonly judged: readonly Judged[];
  /** What the recovery would need and may not have; one line each. Empty: it stands by itself. */
  readonly findings: readonly string[];
}

export type NamedMachine = { readonly name: string; readonly machine: Machine };

/** Tasks that Step Functions makes in its own region, as calls of its own. */
const INVOKE = /^arn:aws:states:::lambda:invoke(\.waitForTaskToken)?$/;

const CREDENTIALS = '@aws-sdk/credential-provider-node';
const FROM_THE_ENVIRONMENT = './src/aws/lambda-credentials.ts';

// biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder is the framework's.
const STANDBY = '${self:custom.plan.regions.standby}';

/** CloudFormation's own tags are left as they are. */
const yaml = (sources: Sources, path: string): unknown => parse(sources.read(path), { logLevel: 'silent' });

/** Functions of the pipeline's stack and of the witness's, by their keys. */
export const functionKeys = (sources: Sources): readonly string[] => {
  const files = ['serverless/functions.yml', 'serverless/functions.witness.yml'];
  const all = files.flatMap((file) => Object.keys(yaml(sources, file) as object));
  return [...new Set(all)];
};

/** What holds for every function alike. */
const ofTheStack = (sources: Sources): readonly string[] => {
  const { provider } = yaml(sources, 'serverless.yml') as { provider: { region: string } };
  const { alias } = yaml(sources, 'serverless/esbuild.yml') as { alias?: Readonly<Record<string, string>> };
  const credentials = sources.read(FROM_THE_ENVIRONMENT.slice(2));
  return [
    provider.region === STANDBY
      ? null
      : `serverless.yml deploys to ${provider.region}, not to the plan's standby region`,
    alias?.[CREDENTIALS] === FROM_THE_ENVIRONMENT && !/^import |\bimport\(/m.test(credentials)
      ? null
      : `credentials do not come from the environment alone (${CREDENTIALS} in serverless/esbuild.yml): the SDK may ask STS for them`,
  ].flatMap((finding) => finding ?? []);
};

const ofTheMachines = (machines: readonly NamedMachine[]): readonly string[] =>
  machines.flatMap(({ name: machine, machine: definition }) =>
    nodesOf(definition).flatMap(({ name, state }) => {
      if (state.Type !== 'Task') return [];
      const known = INVOKE.test(state.Resource ?? '') && functionOf(state) !== null;
      return known ? [] : [`${machine} ${name}: what ${state.Resource} reaches is not known`];
    }),
  );

const callName = ({ service, operation }: Call): string => `${service}:${operation}`;

/** Judges every call that the recovery may make (`only`: of these states and functions). Throws CannotFollowError where the sources cannot be followed to their calls. */
export const checkIndependence = (
  sources: Sources,
  plan: Plan,
  machines: readonly NamedMachine[],
  only?: readonly string[],
): Independence => {
  const judged = walk(sources, plan, { machines, keys: functionKeys(sources), only }).map((walked): Judged => {
    const machine = machines.find(({ name }) => name === walked.machine)?.machine;
    const shifted = machine !== undefined && gates(machine, 'ShiftTraffic', walked.name);
    const calls = walked.calls.map((call) => ({ ...call, ...judge(call, { plan, shifted }) }));
    return { ...walked, calls };
  });
  const findings = judged.flatMap(({ machine, name, calls }) =>
    calls
      .filter(({ verdict }) => verdict === 'finding')
      .map(
        (call) =>
          `${machine === null ? '' : `${machine} `}${name}: ${callName(call)} in ${call.where} (${call.site}): ${call.reason}`,
      ),
  );
  return { judged, findings: [...new Set([...ofTheStack(sources), ...ofTheMachines(machines), ...findings])] };
};
