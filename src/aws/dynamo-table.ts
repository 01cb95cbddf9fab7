import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { clientOptions } from './sdk-client.ts';

export interface Table {
  readonly region: string;
  readonly table: string;
}

const clients = new Map<string, DynamoDBDocumentClient>();

/** One document client per region and process: ports share its connections. */
export const documentClient = (region: string): DynamoDBDocumentClient => {
  const known = clients.get(region);
  if (known) return known;
  const made = DynamoDBDocumentClient.from(new DynamoDBClient(clientOptions(region)), {
    marshallOptions: { removeUndefinedValues: true },
  });
  clients.set(region, made);
  return made;
};

export const CONDITION_FAILED = 'ConditionalCheckFailedException';
