import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Fault } from '#lab/door/faults.ts';
import { stackRef, stackRefs } from './lab-ports.ts';
import type { ScenarioLab } from './scenario-lab.ts';
import { waitFor } from './wait-for.ts';

export interface BlindMonitor {
  /** Refused puts of each vantage point: of metrics, and of readings. */
  readonly metrics: readonly Fault[];
  readonly readings: readonly Fault[];
  heal(): void;
}

const alarmsOf = ({ lab }: ScenarioLab, part: string) =>
  [...lab.cloud.regions.values()]
    .flatMap(({ cloudwatch }) => cloudwatch.describeAlarms())
    .filter(({ AlarmName }) => AlarmName?.includes(part));

/** Waits until every alarm whose name has the part is in that state. */
export const alarmsAre = (at: ScenarioLab, part: string, state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA') =>
  waitFor(
    `${part} alarms to be ${state}`,
    () => alarmsOf(at, part).length === 2 && alarmsOf(at, part).every(({ StateValue }) => StateValue === state),
    { withinMs: 30_000 },
  );

/** Makes what both vantage points stored too old to count: `readingsValidFor` is real time, and longer than a story. */
const expireReadings = async ({ lab, plan, ports }: ScenarioLab): Promise<void> => {
  const tables = DynamoDBDocumentClient.from(new DynamoDBClient({ region: plan.regions.standby }));
  for (const { vantage, at } of await ports.readings.list(plan.plan)) {
    const old = Date.parse(at) - 2 * plan.detection.readingsValidForSeconds * 1_000;
    await tables.send(
      new UpdateCommand({
        TableName: stackRef(lab, 'StateTable'),
        Key: { pk: `reading#${plan.plan}`, sk: vantage },
        UpdateExpression: 'SET #at = :old',
        ExpressionAttributeNames: { '#at': 'at' },
        ExpressionAttributeValues: { ':old': new Date(old).toISOString() },
      }),
    );
  }
};

/**
 * From now on nothing that the probes of either vantage point measure arrives: CloudWatch and the table of readings refuse it. Resolves when what
 * they stored before is too old to count and the health alarms have no data.
 */
export const blindMonitor = async (at: ScenarioLab): Promise<BlindMonitor> => {
  const { faults } = at.lab.cloud.door;
  const effect = { kind: 'throttle' } as const;
  const roles = stackRefs(at.lab, 'ProbeServiceRole');
  // Theirs alone: the switch of the traffic is a metric as well.
  const metrics = roles.map((role) =>
    faults.inject({ service: 'monitoring', operation: 'PutMetricData', role, effect }),
  );
  const readings = roles.map((role) => faults.inject({ service: 'dynamodb', operation: 'PutItem', role, effect }));
  await waitFor(
    'each vantage point to be refused',
    () => readings.length === 2 && readings.every(({ hits }) => hits > 0),
    {
      withinMs: 20_000,
    },
  );
  await alarmsAre(at, '-healthy-', 'INSUFFICIENT_DATA');
  await expireReadings(at);
  const heal = () => {
    for (const fault of [...metrics, ...readings]) fault.remove();
  };
  return { metrics, readings, heal };
};
