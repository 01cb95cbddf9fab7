import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';
import { decode, type Packet } from 'dns-packet';
import type { Address } from '#lab/addresses.ts';
import type { Log, Part } from '#lab/contract.ts';
import { type HealthOf, type Resolution, resolveQuestion } from './resolve.ts';
import { encodeResponse, type ResponseCode } from './wire.ts';
import type { Zone } from './zone.ts';

export interface DnsServer extends Part {
  readonly address: Address;
  /** Queries answered since the start. */
  queries(): number;
}

/** TCP connections that are silent for this long are closed. */
const IDLE_MS = 5_000;

/**
 * Authoritative server over UDP and TCP on one port. `zones` and `healthOf` are asked at each query: a change of a record or
 * of a health check is in the very next answer. TTLs go out as declared; the lab's clients scale them (caching-resolver.ts).
 */
export const createDnsServer = async ({
  address,
  zones,
  healthOf,
  log,
}: {
  address: Address;
  zones: () => readonly Zone[];
  healthOf: HealthOf;
  log: Log;
}): Promise<DnsServer> => {
  let queries = 0;

  /** undefined: not a query at all, which gets no answer. */
  const respond = (message: Buffer, transport: 'udp' | 'tcp'): Buffer | undefined => {
    let query: Packet & { opcode?: string };
    try {
      query = decode(message);
    } catch {
      return message.length < 2
        ? undefined
        : encodeResponse({ id: message.readUInt16BE(0) }, { code: 'FORMERR', transport });
    }
    if (query.type !== 'query') return undefined;
    queries += 1;
    const [question] = query.questions ?? [];
    const failed = (code: ResponseCode) => encodeResponse(query, { code, transport });
    if (query.opcode !== undefined && query.opcode !== 'QUERY') return failed('NOTIMP');
    if (question === undefined || query.questions?.length !== 1) return failed('FORMERR');
    try {
      const resolution: Resolution = resolveQuestion(question, zones(), healthOf);
      return encodeResponse(query, { code: resolution.code, resolution, transport });
    } catch (error) {
      log('dns', 'a query failed', { question, error: String(error) });
      return failed('SERVFAIL');
    }
  };

  const udp = createSocket('udp4');
  udp.on('message', (message, from) => {
    const answer = respond(message, 'udp');
    if (answer !== undefined) udp.send(answer, from.port, from.address);
  });

  const sockets = new Set<Socket>();
  const tcp = createServer((socket) => {
    let pending: Buffer = Buffer.alloc(0);
    sockets.add(socket);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      // Each message has its length, two bytes, in front (RFC 1035 4.2.2).
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const end = 2 + pending.readUInt16BE(0);
        const answer = respond(pending.subarray(2, end), 'tcp');
        pending = pending.subarray(end);
        if (answer === undefined) return void socket.destroy();
        const length = Buffer.alloc(2);
        length.writeUInt16BE(answer.length);
        socket.write(Buffer.concat([length, answer]));
      }
    });
  });

  await new Promise<void>((resolve, reject) => {
    udp.once('error', reject);
    udp.bind(address.port, address.host, resolve);
  });
  udp.on('error', (error) => log('dns', 'socket error', { error: error.message }));
  await new Promise<void>((resolve, reject) =>
    tcp.once('error', reject).listen(address.port, address.host, resolve),
  ).catch((error: unknown) => {
    udp.close();
    throw error;
  });

  let stopping: Promise<void> | undefined;
  return {
    address,
    queries: () => queries,
    stop() {
      stopping ??= new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        udp.close(() => tcp.close(() => resolve()));
      });
      return stopping;
    },
  };
};
