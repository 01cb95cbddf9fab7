import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rdsDatabase } from '#aws/rds-database.ts';
import { examplePlan } from '#test/support/fakes/plan.ts';

const NAMESPACE = 'xmlns="http://rds.amazonaws.com/doc/2014-10-31/"';

const described = (status: string): string =>
  `<R ${NAMESPACE}><DescribeDBInstancesResult><DBInstances><DBInstance>
    <DBInstanceIdentifier>svg-ai-db-replica</DBInstanceIdentifier><DBInstanceStatus>${status}</DBInstanceStatus>
    <ReadReplicaSourceDBInstanceIdentifier>arn:aws:rds:us-east-1:1:db:svg-ai-db</ReadReplicaSourceDBInstanceIdentifier>
  </DBInstance></DBInstances></DescribeDBInstancesResult></R>`;

const REFUSED = `<ErrorResponse ${NAMESPACE}><Error><Type>Sender</Type><Code>InvalidDBInstanceState</Code>
  <Message>DB instance is not in available state.</Message></Error></ErrorResponse>`;

/** RDS with a replica in a state in which it refuses to promote it. */
describe('a promotion that RDS refuses', () => {
  let server: Server;
  let status = 'available';

  beforeEach(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (part) => {
        body += part;
      });
      request.on('end', () => {
        const isLook = body.includes('Action=DescribeDBInstances');
        response.statusCode = isLook ? 200 : 400;
        response.setHeader('content-type', 'text/xml');
        response.end(isLook ? described(status) : REFUSED);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'a');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'b');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  });

  it.each(['modifying', 'rebooting', 'backing-up', 'storage-optimization', 'available'])(
    'is waited for while the replica is %s: whether an earlier call began it is not known',
    async (now) => {
      status = now;
      await expect(rdsDatabase(examplePlan()).promote()).rejects.toMatchObject({ name: 'PromotionNotYetError' });
    },
  );

  it.each(['incompatible-parameters', 'storage-full', 'stopped'])('is refused for good while it is %s', async (now) => {
    status = now;
    await expect(rdsDatabase(examplePlan()).promote()).rejects.toMatchObject({ name: 'PromotionRefusedError' });
  });
});
