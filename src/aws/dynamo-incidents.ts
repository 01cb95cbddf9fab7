import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { ServiceUnavailableError } from '#domain/errors.ts';
import { executionName } from '#domain/execution-name.ts';
import { dayOf, incidentId } from '#domain/incident-id.ts';
import type { Incident } from '#domain/request.ts';
import type { Instant } from '#domain/side.ts';
import type { Incidents, OpenIncident } from '#ports/incidents.ts';
import { CONDITION_FAILED, documentClient, type Table } from './dynamo-table.ts';
import { jitter } from './jitter.ts';
import { sdkCall, sdkCallOn } from './sdk-errors.ts';

const RACES = 8;
const JITTER_MS = 30;

const keyOf = (plan: string) => ({ pk: `incident#${plan}`, sk: 'incident' });

/** One item per plan: the counter of the day, and the incident while one is open. One write opens and counts, so no number is lost. */
interface Item {
  readonly day?: string;
  readonly count?: number;
  readonly id?: string;
  readonly startedAt?: Instant;
  readonly detectedAt?: Instant;
  readonly leftBy?: string;
  readonly leftAt?: Instant;
  readonly leftChanged?: boolean;
  readonly answeredBy?: string;
}

const toIncident = (plan: string, item: Item, opened: boolean): OpenIncident | null =>
  item.id && item.startedAt && item.detectedAt
    ? {
        plan,
        id: item.id,
        startedAt: item.startedAt,
        detectedAt: item.detectedAt,
        executionName: executionName(plan, item.id),
        opened,
        left:
          item.leftBy && item.leftAt ? { by: item.leftBy, at: item.leftAt, changed: item.leftChanged === true } : null,
        answeredBy: item.answeredBy ?? null,
      }
    : null;

const fresh = (plan: string, incident: Incident, answeredBy: string | null): OpenIncident => ({
  plan,
  ...incident,
  executionName: executionName(plan, incident.id),
  opened: true,
  left: null,
  answeredBy,
});

export const dynamoIncidents = ({ region, table }: Table): Incidents => {
  const client = documentClient(region);

  const read = async (plan: string): Promise<Item> => {
    const { Item } = await sdkCall('dynamodb:GetItem incident', () =>
      client.send(new GetCommand({ TableName: table, Key: keyOf(plan), ConsistentRead: true })),
    );
    return (Item ?? {}) as Item;
  };

  /** False when the condition does not hold. */
  const update = async (
    plan: string,
    expression: string,
    condition: string,
    values: Record<string, unknown>,
    names?: Record<string, string>,
  ): Promise<boolean> => {
    const updated = await sdkCallOn('dynamodb:UpdateItem incident', CONDITION_FAILED, () =>
      client.send(
        new UpdateCommand({
          TableName: table,
          Key: keyOf(plan),
          UpdateExpression: expression,
          ConditionExpression: condition,
          ExpressionAttributeValues: values,
          ExpressionAttributeNames: names,
        }),
      ),
    );
    return updated !== null;
  };

  const current = async (plan: string): Promise<OpenIncident | null> => toIncident(plan, await read(plan), false);

  return {
    current,

    openOrJoin: async (plan, startedAt, detectedAt) => {
      for (let race = 0; race < RACES; race += 1) {
        if (race > 0) await jitter(JITTER_MS);
        const seen = await read(plan);
        const open = toIncident(plan, seen, false);
        if (open) return open;
        // A late event of the day before counts on in today's numbers: ids stay in order.
        const day = [dayOf(detectedAt), seen.day ?? ''].sort().at(-1) as string;
        const count = seen.day === day ? (seen.count ?? 0) + 1 : 1;
        const id = incidentId(day, count);
        const unchanged =
          seen.day === undefined ? 'attribute_not_exists(#day)' : '#day = :seenDay AND #count = :seenCount';
        const opened = await update(
          plan,
          'SET #day = :day, #count = :count, id = :id, startedAt = :startedAt, detectedAt = :detectedAt',
          `attribute_not_exists(id) AND ${unchanged}`,
          {
            ':day': day,
            ':count': count,
            ':id': id,
            ':startedAt': startedAt,
            ':detectedAt': detectedAt,
            ...(seen.day === undefined ? {} : { ':seenDay': seen.day, ':seenCount': seen.count }),
          },
          { '#day': 'day', '#count': 'count' },
        );
        if (opened) return fresh(plan, { id, startedAt, detectedAt }, null);
      }
      throw new ServiceUnavailableError(`the incident of plan ${plan} was opened and closed ${RACES} times meanwhile`);
    },

    leave: async (plan, id, { by, at, changed }) => {
      const remembered = changed ? ':changed' : 'if_not_exists(leftChanged, :changed)';
      await update(plan, `SET leftBy = :by, leftAt = :at, leftChanged = ${remembered}`, 'id = :id', {
        ':id': id,
        ':by': by,
        ':at': at,
        ':changed': changed,
      });
    },

    answer: async (plan, { id, startedAt, detectedAt }, execution) => {
      const me = { ':id': id, ':me': execution };
      for (let race = 0; race < RACES; race += 1) {
        if (race > 0) await jitter(JITTER_MS);
        if (await update(plan, 'SET answeredBy = :me', 'id = :id', me)) {
          const open = await current(plan);
          if (open) return open;
          // Closed between the two calls: once more.
          continue;
        }
        const again = await update(
          plan,
          'SET id = :id, startedAt = :startedAt, detectedAt = :detectedAt, answeredBy = :me',
          'attribute_not_exists(id)',
          { ...me, ':startedAt': startedAt, ':detectedAt': detectedAt },
        );
        if (again) return fresh(plan, { id, startedAt, detectedAt }, execution);
        const other = await current(plan);
        if (other && other.id !== id) return other;
      }
      throw new ServiceUnavailableError(`the incident of plan ${plan} was opened and closed ${RACES} times meanwhile`);
    },

    close: async (plan, { id, answeredBy }) => {
      const closed = await update(
        plan,
        'REMOVE id, startedAt, detectedAt, leftBy, leftAt, leftChanged, answeredBy',
        `id = :id AND ${answeredBy === null ? 'attribute_not_exists(answeredBy)' : 'answeredBy = :answeredBy'}`,
        { ':id': id, ...(answeredBy === null ? {} : { ':answeredBy': answeredBy }) },
      );
      return closed || (await current(plan))?.id !== id;
    },
  };
};
