/** What a target gets: the event, `Input`, the part at `InputPath`, or the text of an `InputTransformer`. */
import type { Target } from '@aws-sdk/client-eventbridge';
import type { LabEvent } from '#lab/services/eventbridge/event.ts';

/** `$.detail.state.value`, `$.resources[0]`: EventBridge's small subset of JSON path. */
export const atPath = (value: unknown, path: string): unknown => {
  const steps = path.replace(/^\$\.?/, '').match(/[^.[\]]+/g) ?? [];
  return steps.reduce<unknown>(
    (at, step) => (at as Record<string, unknown> | undefined)?.[step.replace(/^['"]|['"]$/g, '')],
    value,
  );
};

/** `<name>` becomes the variable: bare it is JSON, inside a JSON string it is its text. */
const transform = (template: string, variables: ReadonlyMap<string, unknown>): string => {
  let insideString = false;
  let text = '';
  for (let i = 0; i < template.length; i += 1) {
    const c = template[i];
    const name = c === '<' ? /^<([\w.-]+)>/.exec(template.slice(i))?.[1] : undefined;
    if (name !== undefined && variables.has(name)) {
      const value = variables.get(name);
      const json = JSON.stringify(value) ?? '';
      text += insideString ? (typeof value === 'string' ? json.slice(1, -1) : json.replaceAll('"', '\\"')) : json;
      i += name.length + 1;
      continue;
    }
    if (c === '"' && template[i - 1] !== '\\') insideString = !insideString;
    text += c;
  }
  return text;
};

/** Payload for a target, as text. */
export const targetInput = (target: Target, event: LabEvent, ruleArn: string): string => {
  if (target.Input !== undefined) return target.Input;
  if (target.InputPath !== undefined) return JSON.stringify(atPath(event, target.InputPath) ?? null);
  if (target.InputTransformer) {
    const variables = new Map<string, unknown>([
      ['aws.events.rule-arn', ruleArn],
      ['aws.events.rule-name', ruleArn.slice(ruleArn.lastIndexOf('/') + 1)],
      ['aws.events.event.ingestion-time', event.time],
      ['aws.events.event.json', event],
      ['aws.events.event', event],
    ]);
    for (const [name, path] of Object.entries(target.InputTransformer.InputPathsMap ?? {}))
      variables.set(name, atPath(event, path));
    return transform(target.InputTransformer.InputTemplate ?? '', variables);
  }
  return JSON.stringify(event);
};
