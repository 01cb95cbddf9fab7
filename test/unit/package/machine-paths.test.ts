import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { packagedTemplates } from '../../../scripts/packaged-templates.ts';
import { type Machine, machines, nodesOf, reachable, type State, successorsOf } from '../../../scripts/state-graph.ts';
import { withReferences } from '../../../serverless/stack-values.ts';

/*
 * Every state machine as the packaged template has it, by its graph: what would be deployed, not the file that it was made of.
 */

interface Resource {
  readonly Type: string;
  readonly Properties: {
    readonly Timeout?: number;
    readonly DefinitionString?: { readonly 'Fn::Sub': readonly [string, Readonly<Record<string, unknown>>] };
  };
}

const [pipeline] = packagedTemplates();
const { Resources } = JSON.parse(readFileSync(pipeline?.file ?? '', 'utf8')) as { Resources: Record<string, Resource> };

const packaged = Object.entries(Resources)
  .filter(([, { Type }]) => Type === 'AWS::StepFunctions::StateMachine')
  .map(([id, { Properties }]) => {
    const [text, references] = Properties.DefinitionString?.['Fn::Sub'] ?? ['{}', {}];
    return { id, machine: JSON.parse(text) as Machine, references };
  });

const isEnd = ({ Type, End }: State): boolean => End === true || Type === 'Succeed' || Type === 'Fail';

it('has each machine of the project once', () => {
  expect(packaged).toHaveLength(machines().length);
});

describe.each(packaged)('$id', ({ machine, references }) => {
  const nodes = nodesOf(machine);
  const states = new Map(nodes.map(({ name, state }) => [name, state]));
  const tasks = nodes.filter(({ state }) => state.Type === 'Task');

  it('is the machine of the file, its placeholders made references', () => {
    const resolved = (value: unknown): unknown => {
      if (typeof value === 'string') return references[value.slice(2, -1)] ?? value;
      if (Array.isArray(value)) return value.map(resolved);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolved(item)]));
    };
    // The framework says of each state which language it is in; the file says it once.
    expect(new Set(nodes.map(({ state }) => state.QueryLanguage))).toEqual(new Set([machine.QueryLanguage]));
    const inherited = JSON.parse(JSON.stringify(machine), (key, value) =>
      key === 'QueryLanguage' ? undefined : value,
    ) as Machine;
    const whole = { ...inherited, QueryLanguage: machine.QueryLanguage };
    expect(machines().map((one) => withReferences(one.machine))).toContainEqual(resolved(whole));
  });

  it('leads from its start to every state, and from every state to an end', () => {
    const reached = reachable(machine, machine.StartAt);
    for (const { name, state } of nodes) {
      expect(name === machine.StartAt || reached.has(name), `${name} is reached`).toBe(true);
      const ahead = [...reachable(machine, name)].flatMap((next) => states.get(next) ?? []);
      expect(isEnd(state) || ahead.some(isEnd), `${name} leads to an end`).toBe(true);
      expect(isEnd(state) && successorsOf(state).length > 0 && !state.Catch, `${name} ends and goes on`).toBe(false);
    }
  });

  it('gives each task a time-out at or above that of its function, which is in the template', () => {
    expect(tasks.length).toBeGreaterThan(10);
    for (const { name, state } of tasks) {
      const reference = references[state.Arguments?.FunctionName.slice(2, -1) ?? ''];
      const id = (reference as { 'Fn::GetAtt'?: readonly [string, string] } | undefined)?.['Fn::GetAtt']?.[0] ?? '';
      expect(Resources[id]?.Type, `${name} invokes ${id || 'nothing'}`).toBe('AWS::Lambda::Function');
      // A wait for people is as long as the plan says; the function that asks them is over before it begins.
      const bound = typeof state.TimeoutSeconds === 'string' ? Number.POSITIVE_INFINITY : (state.TimeoutSeconds ?? 0);
      expect(bound, name).toBeGreaterThanOrEqual(Resources[id]?.Properties.Timeout ?? Number.POSITIVE_INFINITY);
    }
  });

  it('stops by itself, later than any one of its tasks', () => {
    const longest = Math.max(...tasks.map(({ state }) => Number(state.TimeoutSeconds) || 0));
    expect(machine.TimeoutSeconds).toBeGreaterThan(longest);
  });
});
