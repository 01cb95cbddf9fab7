import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { isReturn } from '#domain/direction.ts';
import { LeaseHeldError, ServiceUnavailableError, StaleEpochError } from '#domain/errors.ts';
import type { Plan } from '#domain/plan.ts';
import { type Instant, SIDES, type Side } from '#domain/side.ts';
import { granted, grantRefusal, holds, type Lease, revoked, untouched } from '#domain/write-lease.ts';
import type { WriteLease } from '#ports/write-lease.ts';
import { CONDITION_FAILED, ownDocumentClient, type Table } from './dynamo-table.ts';
import { FAR } from './sdk-client.ts';
import { sdkCall, sdkCallOn } from './sdk-errors.ts';

const RACES = 3;

/** What a side of this plan is called on the item: regions, for the stack of the other direction has the sides the other way round. */
const namesOf = (regions: Plan['regions']) => {
  const home: Side = isReturn({ regions }) ? 'standby' : 'primary';
  return {
    overAt: (side: Side): string => `overAt:${regions[side]}`,
    lostAt: (side: Side): string => `lostAt:${regions[side]}`,
    /** Each direction counts the epochs of its own claim. */
    claim: `claim:${regions.standby}`,
    start: (plan: string): Lease => untouched(plan, home),
    sideOf: (region: unknown): Side => SIDES.find((side) => regions[side] === region) ?? home,
  };
};

/**
 * One item per plan, never deleted, and the same for both directions: it speaks of regions. A renewal writes nothing but its side's `overAt`; holder,
 * state and epoch are written by recoveries alone, and are absent until the first of them. The table is in the third region: whoever asks may be
 * cut off from it.
 */
export const dynamoWriteLease = ({ region, table }: Table, regions: Plan['regions']): WriteLease => {
  const client = ownDocumentClient(region, FAR);
  const keyOf = (plan: string) => ({ plan });
  const names = namesOf(regions);

  const toLease = (plan: string, item: Record<string, unknown> = {}): Lease => {
    const start = names.start(plan);
    const bySide = (nameOf: (side: Side) => string) => ({
      primary: (item[nameOf('primary')] as Instant | undefined) ?? null,
      standby: (item[nameOf('standby')] as Instant | undefined) ?? null,
    });
    return {
      plan,
      epoch: (item.epoch as number | undefined) ?? start.epoch,
      holder: names.sideOf(item.holder),
      state: (item.state as Lease['state'] | undefined) ?? start.state,
      overAt: bySide(names.overAt),
      lostAt: bySide(names.lostAt),
      claim: (item[names.claim] as number | undefined) ?? start.claim,
    };
  };

  const read = async (plan: string): Promise<Lease> => {
    const { Item } = await sdkCall(`dynamodb:GetItem write lease ${region}`, () =>
      client.send(new GetCommand({ TableName: table, Key: keyOf(plan), ConsistentRead: true })),
    );
    return toLease(plan, Item);
  };

  /** The lease after the update, or null when the condition does not hold. */
  const update = async (
    plan: string,
    expression: string,
    condition: string,
    values: Record<string, unknown>,
    attributes: Record<string, string>,
  ): Promise<Lease | null> => {
    const updated = await sdkCallOn(`dynamodb:UpdateItem write lease ${region}`, CONDITION_FAILED, () =>
      client.send(
        new UpdateCommand({
          TableName: table,
          Key: keyOf(plan),
          UpdateExpression: expression,
          ConditionExpression: condition,
          ExpressionAttributeValues: values,
          ExpressionAttributeNames: attributes,
          ReturnValues: 'ALL_NEW',
        }),
      ),
    );
    return updated && toLease(plan, updated.Attributes);
  };

  /** Decided on what was read, written on the condition that it is still so. */
  const change = async (plan: string, claim: number, decide: (lease: Lease) => Lease): Promise<Lease> => {
    for (let race = 0; race < RACES; race += 1) {
      const present = await read(plan);
      if (present.claim > claim) {
        throw new StaleEpochError(
          `plan ${plan}: this run carries epoch ${claim}; the write lease was changed by the one with epoch ${present.claim}`,
        );
      }
      const next = decide(present);
      if (next.epoch === present.epoch && next.claim === present.claim) return present;
      const was = {
        epoch: present.epoch === 0 ? '(attribute_not_exists(epoch) OR epoch = :was)' : 'epoch = :was',
        claim: present.claim === 0 ? '(attribute_not_exists(#claim) OR #claim = :wasClaim)' : '#claim = :wasClaim',
      };
      const written = await update(
        plan,
        'SET epoch = :epoch, holder = :holder, #state = :state, #claim = :claim, #lostHere = :lostHere, #lostThere = :lostThere',
        `${was.epoch} AND ${was.claim}`,
        {
          ':epoch': next.epoch,
          ':holder': regions[next.holder],
          ':state': next.state,
          ':claim': next.claim,
          ':lostHere': next.lostAt.primary,
          ':lostThere': next.lostAt.standby,
          ':was': present.epoch,
          ':wasClaim': present.claim,
        },
        {
          '#state': 'state',
          '#claim': names.claim,
          '#lostHere': names.lostAt('primary'),
          '#lostThere': names.lostAt('standby'),
        },
      );
      if (written) return written;
    }
    throw new ServiceUnavailableError(`the write lease of plan ${plan} changed ${RACES} times while it was changed`);
  };

  return {
    read,

    renew: async (plan, side, overAt) => {
      const isMine = 'holder = :side AND #state = :granted';
      const mine = holds(names.start(plan), side) ? `(attribute_not_exists(epoch) OR (${isMine}))` : isMine;
      const written = await update(
        plan,
        'SET #over = :over',
        `${mine} AND (attribute_not_exists(#over) OR #over < :over)`,
        { ':over': overAt, ':side': regions[side], ':granted': 'granted' },
        { '#over': names.overAt(side), '#state': 'state' },
      );
      // Not its side's any more, or another sidecar of the side has asked for longer: what is read says which.
      return written ?? (await read(plan));
    },

    revoke: (plan, side, claim, now) => change(plan, claim, (lease) => revoked(lease, side, claim, now)),

    grant: (plan, side, claim, now, conditions) =>
      change(plan, claim, (lease) => {
        const refusal = grantRefusal(lease, side, now, conditions);
        if (refusal !== null && !holds(lease, side)) throw new LeaseHeldError(`write lease of ${plan}: ${refusal}`);
        return granted(lease, side, claim, now);
      }),
  };
};
