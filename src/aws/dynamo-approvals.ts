import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { canonicalJson } from '#domain/ledger-chain.ts';
import type { ApprovalRequest } from '#domain/votes.ts';
import type { Approvals } from '#ports/approvals.ts';
import { keepSecret } from '#src/known-secrets.ts';
import { CONDITION_FAILED, documentClient, type Table } from './dynamo-table.ts';
import { sdkCall, sdkCallOn } from './sdk-errors.ts';

const keyOf = (execution: string) => ({ pk: `approval#${execution}`, sk: 'request' });

/** The token answers the waiting task; a word makes a link of its person's. */
const kept = (request: ApprovalRequest): ApprovalRequest => {
  for (const secret of [request.token, ...Object.values(request.nonces)]) keepSecret(secret);
  return request;
};

/** One item per execution, replaced on the condition of its version: a vote is one write, and the one that decides is one write. */
export const dynamoApprovals = ({ region, table }: Table): Approvals => {
  const client = documentClient(region);

  const read = async (execution: string): Promise<ApprovalRequest | null> => {
    const { Item } = await sdkCall('dynamodb:GetItem approval', () =>
      client.send(new GetCommand({ TableName: table, Key: keyOf(execution), ConsistentRead: true })),
    );
    if (!Item) return null;
    const { pk: _, sk: __, ...request } = Item;
    return kept(request as ApprovalRequest);
  };

  return {
    read,
    write: async (request) => {
      kept(request);
      const put = await sdkCallOn('dynamodb:PutItem approval', CONDITION_FAILED, () =>
        client.send(
          new PutCommand({
            TableName: table,
            Item: { ...keyOf(request.execution), ...request },
            ...(request.version === 1
              ? { ConditionExpression: 'attribute_not_exists(pk)' }
              : {
                  ConditionExpression: 'version = :before',
                  ExpressionAttributeValues: { ':before': request.version - 1 },
                }),
          }),
        ),
      );
      // A try of our own whose answer was lost is ours.
      return put !== null || canonicalJson(await read(request.execution)) === canonicalJson(request);
    },
  };
};
