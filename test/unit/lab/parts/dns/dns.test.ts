import { execFile, execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { promisify } from 'node:util';
import {
  type DecodedPacket,
  decode,
  encode,
  type Packet,
  RECURSION_DESIRED,
  streamDecode,
  streamEncode,
} from 'dns-packet';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { labAddresses } from '#lab/addresses.ts';
import { createCachingResolver } from '#lab/parts/dns/caching-resolver.ts';
import { createDnsServer, type DnsServer } from '#lab/parts/dns/server.ts';
import { createZone, type RecordSet, type Zone } from '#lab/parts/dns/zone.ts';
import { labTime } from '#lab/time.ts';
import { waitFor } from '#test/support/wait-for.ts';

const address = labAddresses(32).site.dns;

const hasDig = (() => {
  try {
    execFileSync('dig', ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

const record = (Name: string, Type: RecordSet['Type'], ...values: string[]): RecordSet => ({
  Name,
  Type,
  TTL: 60,
  ResourceRecords: values.map((Value) => ({ Value })),
});

const question = (name: string, type: 'A' | 'TXT' | 'AAAA' | 'SOA' | 'CNAME', extra: Partial<Packet> = {}): Packet => ({
  type: 'query',
  id: 4_711,
  flags: RECURSION_DESIRED,
  questions: [{ name, type }],
  ...extra,
});

/** dns-packet gives the code too; its types do not say so. */
type Response = DecodedPacket & { readonly rcode: string };

const overUdp = async (packet: Packet | Buffer): Promise<Response> => {
  const socket = createSocket('udp4');
  try {
    socket.send(Buffer.isBuffer(packet) ? packet : encode(packet), address.port, address.host);
    const [message] = (await once(socket, 'message', { signal: AbortSignal.timeout(3_000) })) as [Buffer];
    return decode(message) as Response;
  } finally {
    socket.close();
  }
};

const overTcp = async (packet: Packet): Promise<Response> => {
  const socket = createConnection(address);
  socket.write(streamEncode(packet));
  let received = Buffer.alloc(0);
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk as Buffer]);
    if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) break;
  }
  socket.destroy();
  return streamDecode(received) as Response;
};

describe('the DNS server', () => {
  let zone: Zone;
  let other: Zone;
  let server: DnsServer;
  const health = new Map<string, boolean>();
  beforeEach(async () => {
    health.clear();
    zone = createZone('Z1', 'example.test', ['ns-1.lab.test.']);
    other = createZone('Z2', 'other.test', ['ns-1.lab.test.']);
    zone.put(record('a.example.test.', 'A', '127.32.1.20'));
    zone.put(record('www.example.test.', 'CNAME', 'a.example.test.'));
    zone.put(record('far.example.test.', 'CNAME', 'x.other.test.'));
    zone.put(record('out.example.test.', 'CNAME', 'www.elsewhere.com.'));
    zone.put(record('loop.example.test.', 'CNAME', 'loop.example.test.'));
    zone.put(record('deep.below.example.test.', 'TXT', '"one" "two \\"quoted\\""'));
    zone.put(
      record('big.example.test.', 'TXT', ...Array.from({ length: 20 }, (_, index) => `"${String(index).repeat(60)}"`)),
    );
    other.put(record('x.other.test.', 'A', '127.32.2.20'));
    server = await createDnsServer({
      address,
      zones: () => [zone, other],
      healthOf: (id) => health.get(id),
      log: () => {},
    });
  });
  afterEach(() => server.stop());

  const answers = async (name: string, type: 'A' | 'TXT' | 'AAAA' | 'SOA' | 'CNAME' = 'A') => {
    const { rcode, answers, authorities, flag_aa } = await overUdp(question(name, type));
    return {
      rcode,
      aa: flag_aa,
      answers: answers?.map((each) => ('data' in each ? each.data : undefined)),
      authority: authorities?.map(({ type }) => type),
    };
  };

  it('answers with authority, the declared TTL, and chases CNAMEs through its own zones', async () => {
    expect(await answers('A.Example.Test')).toEqual({
      rcode: 'NOERROR',
      aa: true,
      answers: ['127.32.1.20'],
      authority: [],
    });
    expect((await answers('www.example.test')).answers).toEqual(['a.example.test', '127.32.1.20']);
    expect((await answers('far.example.test')).answers).toEqual(['x.other.test', '127.32.2.20']);
    expect((await answers('out.example.test')).answers).toEqual(['www.elsewhere.com']);
    expect((await answers('www.example.test', 'CNAME')).answers).toEqual(['a.example.test']);
    expect((await answers('loop.example.test')).rcode).toBe('NOERROR');
    expect((await overUdp(question('a.example.test', 'A'))).answers?.[0]).toMatchObject({ ttl: 60 });
  });

  it('tells a missing name from a missing type, and refuses what is not its own', async () => {
    expect(await answers('nope.example.test')).toEqual({
      rcode: 'NXDOMAIN',
      aa: true,
      answers: [],
      authority: ['SOA'],
    });
    expect(await answers('a.example.test', 'AAAA')).toEqual({
      rcode: 'NOERROR',
      aa: true,
      answers: [],
      authority: ['SOA'],
    });
    expect((await answers('below.example.test')).rcode).toBe('NOERROR');
    expect(await answers('example.com')).toEqual({ rcode: 'REFUSED', aa: false, answers: [], authority: [] });
    expect((await answers('example.test', 'SOA')).answers?.[0]).toMatchObject({
      mname: 'ns-1.lab.test',
      minimum: 86_400,
    });
  });

  it('splits TXT values, speaks EDNS, and truncates over UDP what it sends whole over TCP', async () => {
    const txt = await overUdp(question('deep.below.example.test', 'TXT'));
    expect(txt.answers?.[0]).toMatchObject({ data: [Buffer.from('one'), Buffer.from('two "quoted"')] });
    const edns: Partial<Packet> = {
      additionals: [
        {
          type: 'OPT',
          name: '.',
          udpPayloadSize: 4_096,
          extendedRcode: 0,
          ednsVersion: 0,
          flags: 0,
          flag_do: false,
          options: [],
        },
      ],
    };
    const big = await overUdp(question('big.example.test', 'TXT', edns));
    expect([big.flag_tc, big.answers?.length, big.additionals?.[0]?.type]).toEqual([true, 0, 'OPT']);
    const whole = await overTcp(question('big.example.test', 'TXT'));
    expect([whole.flag_tc, whole.answers?.length]).toEqual([false, 20]);
    const resolver = new Resolver();
    resolver.setServers([`${address.host}:${address.port}`]);
    expect(await resolver.resolveTxt('big.example.test')).toHaveLength(20);
  });

  it('answers a broken message with FORMERR and goes on', async () => {
    const broken = encode(question('a.example.test', 'A')).subarray(0, 20);
    expect((await overUdp(Buffer.from(broken))).rcode).toBe('FORMERR');
    expect((await answers('a.example.test')).rcode).toBe('NOERROR');
  });

  it('fails over by health checks, to the primary as the last resort', async () => {
    const pair = { Name: 'api.example.test.', Type: 'A', TTL: 1 } as const;
    zone.put({
      ...pair,
      ResourceRecords: [{ Value: '1.1.1.1' }],
      SetIdentifier: 'p',
      Failover: 'PRIMARY',
      HealthCheckId: 'hp',
    });
    zone.put({
      ...pair,
      ResourceRecords: [{ Value: '2.2.2.2' }],
      SetIdentifier: 's',
      Failover: 'SECONDARY',
      HealthCheckId: 'hs',
    });
    const alias = { HostedZoneId: 'Z1', DNSName: 'api.example.test.', EvaluateTargetHealth: true };
    zone.put({ Name: 'alias.example.test.', Type: 'A', AliasTarget: alias });
    const now = async () => (await answers('api.example.test')).answers;
    expect(await now()).toEqual(['1.1.1.1']);
    health.set('hp', false);
    expect(await now()).toEqual(['2.2.2.2']);
    expect((await answers('alias.example.test')).answers).toEqual(['2.2.2.2']);
    health.set('hs', false);
    expect(await now()).toEqual(['1.1.1.1']);
    health.set('hp', true);
    expect(await now()).toEqual(['1.1.1.1']);
  });

  it('spreads by weight and leaves out what is not healthy', async () => {
    const common = { Name: 'w.example.test.', Type: 'A', TTL: 1 } as const;
    zone.put({
      ...common,
      ResourceRecords: [{ Value: '1.1.1.1' }],
      SetIdentifier: 'one',
      Weight: 1,
      HealthCheckId: 'h1',
    });
    zone.put({ ...common, ResourceRecords: [{ Value: '2.2.2.2' }], SetIdentifier: 'two', Weight: 1 });
    zone.put({ ...common, ResourceRecords: [{ Value: '3.3.3.3' }], SetIdentifier: 'three', Weight: 0 });
    const seen = new Set<unknown>();
    for (let round = 0; round < 60; round += 1) seen.add((await answers('w.example.test')).answers?.[0]);
    expect([...seen].sort()).toEqual(['1.1.1.1', '2.2.2.2']);
    health.set('h1', false);
    for (let round = 0; round < 10; round += 1) expect((await answers('w.example.test')).answers).toEqual(['2.2.2.2']);
  });

  it('is cached by clients for the scaled TTL, then asked again', async () => {
    const resolver = createCachingResolver({ server: address, time: labTime(240) });
    const before = server.queries();
    const [first, second] = await Promise.all([resolver.lookup('a.example.test'), resolver.lookup('a.example.test')]);
    expect([first.address, second.address]).toEqual(['127.32.1.20', '127.32.1.20']);
    expect(first.ttlMs).toBe(250);
    zone.put(record('a.example.test.', 'A', '127.32.2.20'));
    expect((await resolver.lookup('a.example.test')).address).toBe('127.32.1.20');
    expect(server.queries() - before).toBe(1);
    await waitFor('the new address', async () => (await resolver.lookup('a.example.test')).address === '127.32.2.20');
    expect(server.queries() - before).toBe(2);
    await expect(resolver.lookup('nope.example.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it.runIf(hasDig)('is understood by dig', async () => {
    // The server runs in this process: nothing may block it.
    const dig = async (...args: string[]) =>
      (await promisify(execFile)('dig', [`@${address.host}`, '-p', String(address.port), ...args])).stdout;
    expect(await dig('www.example.test', '+short')).toBe('a.example.test.\n127.32.1.20\n');
    expect(await dig('big.example.test', 'TXT')).toMatch(/Truncated, retrying in TCP[\s\S]*ANSWER: 20/);
  });
});
