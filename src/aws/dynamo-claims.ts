import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { coolsUntil, liftCommands, onlyWatches } from '#domain/claim.ts';
import { ClaimHeldError, CoolDownError, ServiceUnavailableError, StaleEpochError } from '#domain/errors.ts';
import type { Instant } from '#domain/side.ts';
import type { Claim, Claims } from '#ports/claims.ts';
import { CONDITION_FAILED, documentClient, type Table } from './dynamo-table.ts';
import { sdkCall, sdkCallOn } from './sdk-errors.ts';

const RACES = 3;
const NOBODY = { actor: null, mayTakeOver: false };

const keyOf = (plan: string) => ({ pk: `claim#${plan}`, sk: 'claim' });

const toClaim = (plan: string, item: Record<string, unknown>): Claim => ({
  plan,
  epoch: (item.epoch as number | undefined) ?? 0,
  holder: (item.holder as string | undefined) ?? null,
  takenAt: (item.takenAt as Instant | undefined) ?? null,
  releasedAt: (item.releasedAt as Instant | undefined) ?? null,
  actor: (item.actor as string | undefined) ?? null,
  actingAt: (item.actingAt as Instant | undefined) ?? null,
  tookOverFrom: (item.tookOverFrom as string | undefined) ?? null,
  ...(typeof item.serves === 'string' ? { serves: item.serves } : {}),
  ...(typeof item.servesSince === 'string' ? { servesSince: item.servesSince } : {}),
  ...(typeof item.closedAt === 'string' ? { closedAt: item.closedAt } : {}),
  ...(item.promotion ? { promotion: item.promotion as NonNullable<Claim['promotion']> } : {}),
});

/** One item per plan. It is never deleted, so that its epoch only grows; a free claim has no `holder`. */
export const dynamoClaims = ({ region, table }: Table): Claims => {
  const client = documentClient(region);

  const read = async (plan: string): Promise<Claim | null> => {
    const { Item } = await sdkCall('dynamodb:GetItem claim', () =>
      client.send(new GetCommand({ TableName: table, Key: keyOf(plan), ConsistentRead: true })),
    );
    return Item ? toClaim(plan, Item) : null;
  };

  /** The claim after the update, or null when the condition does not hold. */
  const update = async (
    plan: string,
    expression: string,
    condition: string,
    values: Record<string, unknown>,
  ): Promise<Claim | null> => {
    const updated = await sdkCallOn('dynamodb:UpdateItem claim', CONDITION_FAILED, () =>
      client.send(
        new UpdateCommand({
          TableName: table,
          Key: keyOf(plan),
          UpdateExpression: expression,
          ConditionExpression: condition,
          ExpressionAttributeValues: values,
          ReturnValues: 'ALL_NEW',
        }),
      ),
    );
    return updated && toClaim(plan, updated.Attributes ?? {});
  };

  const stale = (plan: string, epoch: number, present: Claim | null): StaleEpochError => {
    const over = present?.tookOverFrom ? `, which took over from ${present.tookOverFrom}` : '';
    const closed = present?.closedAt ? `, which was found to be over at ${present.closedAt}` : '';
    return new StaleEpochError(
      `plan ${plan}: this run carries epoch ${epoch}; the claim is at ${present?.epoch ?? 0}, held by ${present?.holder ?? 'nobody'}${over}${closed}`,
    );
  };

  /** On the condition that the holder has not begun to act: of this and `act` one write comes through. */
  const takeOver = (
    plan: string,
    execution: string,
    actor: string | null,
    from: Claim,
    now: Instant,
  ): Promise<Claim | null> =>
    update(
      plan,
      'SET holder = :me, takenAt = :now, actor = :actor, tookOverFrom = :from REMOVE closedAt ADD epoch :one',
      'holder = :from AND epoch = :epoch AND attribute_not_exists(actingAt)',
      {
        ':me': execution,
        ':now': now,
        ':actor': actor,
        ':from': from.holder,
        ':epoch': from.epoch,
        ':one': 1,
      },
    );

  return {
    read,

    /*
     *      free, cool-down over          held by us               held by another      free, cool-down not over
     *  ------- epoch + 1, ours -------- | -- as it is (epoch) -- | -- ClaimHeldError -- | -- CoolDownError ------
     *                                    an alarm's run that only watches, asked by a person: -- epoch + 1, ours --
     */
    take: async (plan, execution, now, coolDownSeconds, { actor, mayTakeOver } = NOBODY) => {
      const coolSince = new Date(Date.parse(now) - coolDownSeconds * 1000).toISOString();
      for (let race = 0; race < RACES; race += 1) {
        const isFree = 'attribute_not_exists(holder)';
        const isCool = '(attribute_not_exists(releasedAt) OR releasedAt <= :coolSince)';
        const taken = await update(
          plan,
          'SET holder = :me, takenAt = :now, actor = :actor REMOVE actingAt, tookOverFrom, closedAt ADD epoch :one',
          `${isFree} AND ${isCool}`,
          { ':me': execution, ':now': now, ':actor': actor, ':one': 1, ':coolSince': coolSince },
        );
        if (taken) return taken;
        const present = await read(plan);
        if (present?.holder === execution) return present;
        if (present?.holder && mayTakeOver && onlyWatches(present)) {
          const over = await takeOver(plan, execution, actor, present, now);
          if (over) return over;
          // It began to act, or was freed, between the two calls: once more.
          continue;
        }
        if (present?.holder) {
          throw new ClaimHeldError(
            `plan ${plan} is being recovered by ${present.holder} since ${present.takenAt}; ${liftCommands(plan, present.holder)}`,
          );
        }
        const until = coolsUntil(present?.releasedAt ?? null, coolDownSeconds, now);
        if (until !== null) {
          throw new CoolDownError(
            `the last recovery of plan ${plan} ended at ${present?.releasedAt}; the next may begin at ${until}; a person may override it: continuity start ${plan} --override GU-040="<why>"`,
          );
        }
        // It was freed between the two calls: once more.
      }
      throw new ServiceUnavailableError(
        `the claim of plan ${plan} changed hands ${RACES} times while it was asked for`,
      );
    },

    check: async (plan, execution, epoch) => {
      const present = await read(plan);
      if (present?.epoch !== epoch || present.holder !== execution || present.closedAt) {
        throw stale(plan, epoch, present);
      }
    },

    act: async (plan, execution, epoch, now) => {
      const acting = await update(
        plan,
        'SET actingAt = if_not_exists(actingAt, :now)',
        'holder = :me AND epoch = :epoch AND attribute_not_exists(closedAt)',
        { ':me': execution, ':epoch': epoch, ':now': now },
      );
      if (!acting) throw stale(plan, epoch, await read(plan));
    },

    commit: async (plan, execution, epoch, incident, now) => {
      const committed = await update(
        plan,
        'SET promotion = :promotion',
        'holder = :me AND epoch = :epoch AND attribute_not_exists(closedAt)',
        { ':me': execution, ':epoch': epoch, ':promotion': { incident, execution, at: now } },
      );
      if (!committed) throw stale(plan, epoch, await read(plan));
    },

    resume: async (plan, execution, epoch, now) => {
      const mine = await update(
        plan,
        // It goes on with changes: nobody may take over from it.
        'SET holder = :me, takenAt = :now, actingAt = :now REMOVE closedAt',
        'epoch = :epoch AND (attribute_not_exists(holder) OR holder = :me)',
        { ':me': execution, ':epoch': epoch, ':now': now },
      );
      return mine !== null;
    },

    close: async (plan, execution, epoch, now, takenAt) => {
      const closed = await update(
        plan,
        'SET closedAt = if_not_exists(closedAt, :now)',
        `holder = :me AND epoch = :epoch${takenAt ? ' AND takenAt = :takenAt' : ''}`,
        { ':me': execution, ':epoch': epoch, ':now': now, ...(takenAt ? { ':takenAt': takenAt } : {}) },
      );
      return closed !== null;
    },

    release: async (plan, execution, epoch, now, { startsCoolDown = true, takenAt, serves } = {}) => {
      const sets = [
        ...(startsCoolDown ? ['releasedAt = :now'] : []),
        ...(serves ? ['serves = :serves', 'servesSince = :now'] : []),
      ];
      const set = sets.length > 0 ? `SET ${sets.join(', ')} ` : '';
      const asTaken = takenAt ? ' AND takenAt = :takenAt' : '';
      const free = await update(
        plan,
        `${set}REMOVE holder, takenAt, actor, actingAt, tookOverFrom, closedAt`,
        `holder = :me AND epoch = :epoch${asTaken}`,
        {
          ':me': execution,
          ':epoch': epoch,
          ...(takenAt ? { ':takenAt': takenAt } : {}),
          ...(startsCoolDown || serves ? { ':now': now } : {}),
          ...(serves ? { ':serves': serves } : {}),
        },
      );
      return free ?? (await read(plan)) ?? toClaim(plan, {});
    },
  };
};
