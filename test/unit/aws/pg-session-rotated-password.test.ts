import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { pgDatabaseSession } from '#aws/pg-database-session.ts';
import { examplePlan } from '#test/support/fakes/plan.ts';

const HOST = '127.0.0.1';
const listening = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  return (server.address() as AddressInfo).port;
};

/** One message of PostgreSQL's protocol: https://www.postgresql.org/docs/current/protocol-message-formats.html */
const message = (type: string, body: Buffer = Buffer.alloc(0)): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const READY = message('Z', Buffer.from('I'));
const ASK_PASSWORD = message('R', Buffer.from([0, 0, 0, 3]));
const WELCOME = Buffer.concat([message('R', Buffer.from([0, 0, 0, 0])), READY]);
const REFUSED = message('E', Buffer.from('SFATAL\0C28P01\0Mpassword authentication failed\0\0'));
const DONE = Buffer.concat([message('C', Buffer.from('SELECT 0\0')), READY]);

/** A server that lets one password in and has no rows. */
const talk = (socket: Socket, password: () => string, tried: string[]): void => {
  socket.on('error', () => undefined);
  let begun = false;
  socket.on('data', (data) => {
    if (!begun) {
      begun = true;
      socket.write(ASK_PASSWORD);
      return;
    }
    if (data.toString('latin1', 0, 1) === 'Q') socket.write(DONE);
    if (data.toString('latin1', 0, 1) !== 'p') return;
    const given = data.toString('utf8', 5, data.length - 1);
    tried.push(given);
    if (given === password()) socket.write(WELCOME);
    else socket.end(REFUSED);
  });
};

let password = 'first-password';
let inStore = 'first-password';
const tried: string[] = [];
const servers: Server[] = [];

beforeEach(async () => {
  [password, inStore] = ['first-password', 'first-password'];
  tried.length = 0;
  const database = createServer((socket) => talk(socket, () => password, tried));
  const port = await listening(database);
  const aws = createHttpServer((request, response) => {
    const isSecret = String(request.headers['x-amz-target'] ?? '').includes('GetSecretValue');
    request.resume().on('end', () => {
      if (isSecret) {
        const SecretString = JSON.stringify({ username: 'continuity', password: inStore });
        response.setHeader('content-type', 'application/x-amz-json-1.1').end(JSON.stringify({ SecretString }));
        return;
      }
      response.setHeader('content-type', 'text/xml').end(
        `<R xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><DescribeDBInstancesResult><DBInstances><DBInstance>
          <Endpoint><Address>${HOST}</Address><Port>${port}</Port></Endpoint>
        </DBInstance></DBInstances></DescribeDBInstancesResult></R>`,
      );
    });
  });
  vi.stubEnv('AWS_ENDPOINT_URL', `http://${HOST}:${await listening(aws)}`);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'a');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'b');
  servers.push(database, aws);
});
afterEach(() => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) server.close();
});

it('a password that was rotated since it was read is read anew, at once', async () => {
  const session = pgDatabaseSession(examplePlan());
  await expect(session.shares('standby', ['id'])).resolves.toEqual([]);
  [password, inStore] = ['second-password', 'second-password'];
  await expect(session.shares('standby', ['id'])).resolves.toEqual([]);
  expect(tried).toEqual(['first-password', 'first-password', 'second-password']);
});

it('one that stays refused is tried twice and no more', async () => {
  const session = pgDatabaseSession(examplePlan());
  password = 'another';
  await expect(session.shares('standby', ['id'])).rejects.toMatchObject({ name: 'CallRefusedError' });
  expect(tried).toHaveLength(2);
});
