import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { vi } from 'vitest';
import { pgDatabaseSession } from '#aws/pg-database-session.ts';
import type { Plan } from '#domain/plan.ts';
import { applySchema } from '#lab/schema.ts';
import type { DatabaseSession, LastKnown } from '#ports/database-session.ts';
import { PASSWORDS, type Pair } from '#test/unit/lab/parts/postgres/pair.ts';

export interface PairSession {
  readonly databaseSession: DatabaseSession;
  stop(): void;
}

/** The adapter itself over a pair of real servers with the sample's schema; of AWS there is no more than where they are and their login. */
export const sessionOver = async (
  pair: Pair,
  plan: Plan,
  /** False: RDS of the primary region answers errors, and a vantage point knew where the primary is. */
  { rdsAnswers = true }: { readonly rdsAnswers?: boolean } = {},
): Promise<PairSession> => {
  await applySchema(pair.primary.connectionString('postgres'));
  await pair.caughtUp();
  const login = JSON.stringify({ username: 'continuity', password: PASSWORDS.continuity });
  const aws = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.headers['x-amz-target'] !== undefined) {
        response.setHeader('content-type', 'application/x-amz-json-1.1').end(JSON.stringify({ SecretString: login }));
        return;
      }
      const asked = new URLSearchParams(Buffer.concat(chunks).toString()).get('DBInstanceIdentifier');
      const isPrimary = asked === plan.database.instances.primary;
      if (isPrimary && !rdsAnswers) {
        response.writeHead(503).end('<ErrorResponse><Error><Code>ServiceUnavailable</Code></Error></ErrorResponse>');
        return;
      }
      const { host, port } = pair.addresses[isPrimary ? 'a' : 'b'].database;
      response.setHeader('content-type', 'text/xml').end(
        `<R xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><DescribeDBInstancesResult><DBInstances><DBInstance>
          <Endpoint><Address>${host}</Address><Port>${port}</Port></Endpoint>
        </DBInstance></DBInstances></DescribeDBInstancesResult></R>`,
      );
    });
  });
  await new Promise<void>((ready) => aws.listen(0, '127.0.0.1', ready));
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(aws.address() as AddressInfo).port}`);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIATEST');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret-of-the-test');
  const lastKnown: LastKnown = async (side) => ({
    ...pair.addresses[side === 'primary' ? 'a' : 'b'].database,
    instance: plan.database.instances[side],
    at: new Date().toISOString(),
    tls: false,
  });
  return { databaseSession: pgDatabaseSession(plan, rdsAnswers ? undefined : lastKnown), stop: () => aws.close() };
};
