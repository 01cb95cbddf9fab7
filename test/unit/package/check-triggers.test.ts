import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Resources } from '../../../serverless/check-traffic.ts';
import { checkTriggers } from '../../../serverless/check-triggers.ts';

const packaged = (): Record<string, Resources[string]> =>
  JSON.parse(readFileSync('.serverless/cloudformation-template-update-stack.json', 'utf8')).Resources;

const changed = (id: string, change: object): readonly string[] => {
  const resources = packaged();
  Object.assign(resources[id]?.Properties, change);
  return checkTriggers(resources);
};

describe('checkTriggers', () => {
  it('has nothing to say of the packaged stack', () => {
    expect(checkTriggers(packaged())).toEqual([]);
  });

  it.each(['AWS/Route53', 'AWS/RDS'])('refuses an alarm on a metric of %s that starts a recovery', (Namespace) => {
    expect(changed('HealthyFromStandbyAlarm', { Namespace })).toContain(
      `HealthyFromStandbyAlarm can start a recovery by a metric of ${Namespace}: only our own may`,
    );
  });

  it('refuses silence as a sign of death, a metric of Route 53 anywhere, and a stack that nothing starts', () => {
    expect(changed('HealthyFromWitnessAlarm', { TreatMissingData: 'breaching' })).toEqual([
      expect.stringContaining('takes silence for death'),
    ]);
    expect(changed('ReplicaLateAlarm', { Namespace: 'AWS/Route53' })).toEqual([
      expect.stringContaining('us-east-1 alone'),
    ]);
    expect(checkTriggers({})).toEqual(['no alarm of the stack starts a recovery']);
  });
});
