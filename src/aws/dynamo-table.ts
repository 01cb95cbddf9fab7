import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { clientOptions, NEEDED, type Patience } from './sdk-client.ts';

export interface Table {
  readonly region: string;
  readonly table: string;
}

const clients = new Map<string, DynamoDBDocumentClient>();

/** One document client per region, patience and process: ports share its connections. */
export const documentClient = (region: string, patience: Patience = NEEDED): DynamoDBDocumentClient => {
  const key = `${region} ${JSON.stringify(patience)}`;
  const known = clients.get(key);
  if (known) return known;
  const made = DynamoDBDocumentClient.from(new DynamoDBClient(clientOptions(region, patience)), {
    marshallOptions: { removeUndefinedValues: true },
  });
  clients.set(key, made);
  return made;
};

export const CONDITION_FAILED = 'ConditionalCheckFailedException';
