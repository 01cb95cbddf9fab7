import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface AwsServer {
  /** Operations in the order in which they came. */
  readonly calls: string[];
  readonly endpoint: string;
  close(): void;
}

/** Status and body, or the promise of them: an answer that comes late. */
export type AwsAnswer = readonly [status: number, body: string];

/** An endpoint of AWS on this machine that is told each answer; it counts single requests, so that a try of the SDK is seen as well. */
export const awsServer = async (answer: (operation: string) => AwsAnswer | Promise<AwsAnswer>): Promise<AwsServer> => {
  const calls: string[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const target = String(request.headers['x-amz-target'] ?? '').split('.')[1];
    const operation = target ?? new URLSearchParams(body).get('Action') ?? '?';
    calls.push(operation);
    const [status, text] = await answer(operation);
    response.writeHead(status, { 'content-type': target ? 'application/x-amz-json-1.1' : 'text/xml' });
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    calls,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

/** As RDS answers DescribeDBInstances, for an instance that is a replica. */
export const describedReplica = (host = 'db.test', port = 5432): AwsAnswer => [
  200,
  `<DescribeDBInstancesResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><DescribeDBInstancesResult><DBInstances>
    <DBInstance><DBInstanceIdentifier>replica</DBInstanceIdentifier><DBInstanceStatus>available</DBInstanceStatus>
    <ReadReplicaSourceDBInstanceIdentifier>primary</ReadReplicaSourceDBInstanceIdentifier>
    <Endpoint><Address>${host}</Address><Port>${port}</Port></Endpoint></DBInstance>
  </DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>`,
];
