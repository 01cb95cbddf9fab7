import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { clientOptions, NEEDED, type Patience } from './sdk-client.ts';

export interface Table {
  readonly region: string;
  readonly table: string;
}

/** A document client of its own: for a table outside the standby region, whose patience is another. */
export const ownDocumentClient = (region: string, patience: Patience): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(new DynamoDBClient(clientOptions(region, patience)), {
    marshallOptions: { removeUndefinedValues: true },
  });

const clients = new Map<string, DynamoDBDocumentClient>();

/** One document client per region and process: ports share its connections. */
export const documentClient = (region: string): DynamoDBDocumentClient => {
  const known = clients.get(region);
  if (known) return known;
  const made = ownDocumentClient(region, NEEDED);
  clients.set(region, made);
  return made;
};

export const CONDITION_FAILED = 'ConditionalCheckFailedException';
