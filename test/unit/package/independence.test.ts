import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Plan } from '#domain/plan.ts';

/** Design, point 11, for what stands since the deployment: the packaged stacks name the primary region only where they look into it. */
const plan = JSON.parse(readFileSync('.build/plan.json', 'utf8')) as Plan;

interface Named {
  readonly id: string;
  readonly type: string;
  readonly text: string;
}

const texts = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
};

const namingPrimary = (folder: string): readonly Named[] => {
  const template = readFileSync(`${folder}/cloudformation-template-update-stack.json`, 'utf8');
  const { Resources } = JSON.parse(template) as { Resources: Readonly<Record<string, { readonly Type: string }>> };
  return Object.entries(Resources).flatMap(([id, resource]) =>
    texts(resource)
      .filter((text) => text.includes(plan.regions.primary))
      .map((text) => ({ id, type: resource.Type, text })),
  );
};

/**
 * What a role may look at there, where the records lead while the primary serves, and the switch by which that region takes the traffic back: a check
 * keeps its last status when it hears nothing of it.
 */
const looks = ({ id, type, text }: Named): boolean =>
  (id === 'TrafficReturnHealthCheck' && text === plan.regions.primary) ||
  (type === 'AWS::IAM::Role' && /^arn:\$\{AWS::Partition\}:(rds|eks):/.test(text)) ||
  (type === 'AWS::Route53::RecordSet' && plan.traffic.records.some(({ primary }) => primary === text));

describe.each(['.serverless', '.build/witness'])('the stack in %s', (folder) => {
  it('names the primary region where it looks into it, and nowhere else', () => {
    const named = namingPrimary(folder);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((one) => !looks(one))).toEqual([]);
  });
});
