import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import dnsPacket from 'dns-packet';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { labAddresses } from '#lab/addresses.ts';
import { type TestLambda, testLambda } from '#test/support/fixtures/lambda-functions.ts';

/** A DNS server for two names: an address, and an alias whose target it does not add. */
const { site, b } = labAddresses(50);
const dnsServer = dgram.createSocket('udp4');
const asked: string[] = [];
const answer = (name: string, type: string | undefined): dnsPacket.Answer[] => {
  if (name === 'db.example.internal' && type === 'A') return [{ type: 'A', name, ttl: 1, data: b.database.host }];
  if (name === 'www.example.internal') return [{ type: 'CNAME', name, ttl: 1, data: 'db.example.internal' }];
  return [];
};
dnsServer.on('message', (message, peer) => {
  const query = dnsPacket.decode(message);
  const [question] = query.questions ?? [];
  const name = question?.name ?? '';
  asked.push(`${question?.type} ${name}`);
  const answers = answer(name, question?.type);
  const missing = !name.endsWith('.example.internal') || name.startsWith('no.');
  const reply = dnsPacket.encode({
    type: 'response',
    id: query.id ?? 0,
    flags: dnsPacket.AUTHORITATIVE_ANSWER | (missing ? 3 : 0),
    questions: query.questions ?? [],
    answers,
  });
  dnsServer.send(reply, peer.port, peer.address);
});

const peers: (string | undefined)[] = [];
const target = net.createServer((socket) => {
  peers.push(socket.remoteAddress);
  socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi`);
});

let secure: tls.Server;

const SOURCE = `
import dns from 'node:dns'; import { lookup } from 'node:dns/promises'; import net from 'node:net'; import http from 'node:http'; import https from 'node:https';
const callback = (name, options) => new Promise((resolve) => dns.lookup(name, options, (error, ...rest) => resolve(error ? error.code : rest)));
const tcp = (...where) => new Promise((resolve, reject) => net.connect(...where).on('data', (d) => resolve(String(d).slice(-2))).on('error', reject));
const web = (url) => new Promise((resolve, reject) => http.get(url, (r) => r.on('data', (d) => resolve(String(d)))).on('error', reject));
const safe = (url) => new Promise((resolve, reject) => https.get(url, { rejectUnauthorized: false }, (r) => r.on('data', (d) => resolve(String(d)))).on('error', reject));
export const handler = async ({ port, host, securePort }) => ({
  safe: await safe('https://www.example.internal:' + securePort + '/'),
  promise: await lookup('db.example.internal'), all: await lookup('www.example.internal', { all: true }),
  callback: await callback('www.example.internal', {}), callbackAll: await callback('db.example.internal', { all: true }),
  missing: await callback('no.example.internal', {}), v6: await callback('db.example.internal', { family: 6 }),
  ip: await callback('127.0.0.1', {}), local: (await lookup('localhost', { family: 4 })).address,
  fetched: await (await fetch('http://www.example.internal:' + port + '/')).text(),
  web: await web('http://db.example.internal:' + port + '/'),
  tcp: [await tcp(port, host), await tcp({ port, host }), await tcp({ port, host: 'db.example.internal' })],
});`;

let lab: TestLambda;
beforeAll(async () => {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'www.example.internal' }], {
    keyType: 'ec',
  });
  secure = tls.createServer({ key, cert }, (socket) => {
    peers.push(socket.remoteAddress);
    socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nsafe`);
  });
  secure.listen(b.cluster.port, b.database.host);
  dnsServer.bind(site.dns.port, site.dns.host);
  target.listen(b.database.port, b.database.host);
  await Promise.all([once(dnsServer, 'listening'), once(target, 'listening'), once(secure, 'listening')]);
  lab = testLambda({ network: () => ({ dns: site.dns, egress: b.egress }) });
  await lab.add('networked', SOURCE);
});
afterAll(async () => {
  await lab.stop();
  dnsServer.close();
  target.close();
  secure.close();
});

it('resolves every name through the DNS server of the lab and connects from the egress address of the region', async () => {
  const result = await lab.lambda.invoke('networked', {
    port: b.database.port,
    host: b.database.host,
    securePort: b.cluster.port,
  });
  expect(result.error).toBeUndefined();
  const found = { address: b.database.host, family: 4 };
  expect(result.payload).toEqual({
    safe: 'safe',
    promise: found,
    all: [found],
    callback: [b.database.host, 4],
    callbackAll: [[found]],
    missing: 'ENOTFOUND',
    v6: 'ENOTFOUND',
    ip: ['127.0.0.1', 4],
    local: '127.0.0.1',
    fetched: 'hi',
    web: 'hi',
    tcp: ['hi', 'hi', 'hi'],
  });
  expect(peers).toEqual(Array(6).fill(b.egress));
  expect(asked).toContain('A www.example.internal');
  // Nothing is kept between look-ups: a change of the record is seen at once.
  expect(asked.filter((question) => question === 'A db.example.internal').length).toBeGreaterThanOrEqual(5);
});
