import { type Answer, AUTHORITATIVE_ANSWER, encode, type Packet, TRUNCATED_RESPONSE } from 'dns-packet';
import type { Resolution, ResolvedRecord } from './resolve.ts';

/** Largest UDP answer that we send, whatever the client offers: what passes every link unfragmented (DNS flag day 2020). */
const MAX_UDP = 1_232;
/** Largest UDP answer to a client that does not speak EDNS (RFC 1035). */
const CLASSIC_UDP = 512;

const RCODES = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;
export type ResponseCode = keyof typeof RCODES;

/** `"one" "two"` as Route 53 writes TXT values -> [`one`, `two`]; text without quotes is one string. */
export const textStrings = (value: string): string[] => {
  const quoted = [...value.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => (match[1] ?? '').replace(/\\(.)/g, '$1'));
  return quoted.length > 0 ? quoted : [value];
};

const withoutDot = (name: string): string => name.replace(/\.$/, '');

const toAnswer = ({ name, type, ttl, value }: ResolvedRecord): Answer => {
  const common = { name: withoutDot(name), ttl, class: 'IN' } as const;
  switch (type) {
    case 'A':
    case 'AAAA':
      return { ...common, type, data: value };
    case 'CNAME':
    case 'NS':
      return { ...common, type, data: withoutDot(value) };
    case 'TXT':
      return { ...common, type, data: textStrings(value) };
    case 'SOA': {
      const [mname = '', rname = '', ...numbers] = value.split(/\s+/);
      const [serial = 0, refresh = 0, retry = 0, expire = 0, minimum = 0] = numbers.map(Number);
      return {
        ...common,
        type,
        data: { mname: withoutDot(mname), rname: withoutDot(rname), serial, refresh, retry, expire, minimum },
      };
    }
  }
};

/** What the client offers in its OPT record: the UDP size, or undefined without EDNS. */
const offeredSize = (query: Packet): number | undefined => {
  const opt = query.additionals?.find((record) => record.type === 'OPT');
  return opt !== undefined && 'udpPayloadSize' in opt ? opt.udpPayloadSize : undefined;
};

/** Bytes of the response. Over UDP one that is too large goes out empty with the TC flag, so that the client asks over TCP. */
export const encodeResponse = (
  query: Packet,
  { code, resolution, transport }: { code: ResponseCode; resolution?: Resolution; transport: 'udp' | 'tcp' },
): Buffer => {
  const size = offeredSize(query);
  const recursionDesired = (query.flags ?? 0) & 0x0100;
  const aa = resolution !== undefined && code !== 'REFUSED' ? AUTHORITATIVE_ANSWER : 0;
  const packet = (flags: number, filled: boolean): Buffer =>
    encode({
      type: 'response',
      id: query.id ?? 0,
      flags: flags | recursionDesired | aa | RCODES[code],
      questions: query.questions ?? [],
      answers: filled ? (resolution?.answers.map(toAnswer) ?? []) : [],
      authorities: filled ? (resolution?.authority.map(toAnswer) ?? []) : [],
      additionals:
        size === undefined
          ? []
          : [
              {
                type: 'OPT',
                name: '.',
                udpPayloadSize: MAX_UDP,
                extendedRcode: 0,
                ednsVersion: 0,
                flags: 0,
                flag_do: false,
                options: [],
              },
            ],
    });
  const full = packet(0, true);
  if (transport === 'tcp' || full.length <= Math.max(CLASSIC_UDP, Math.min(size ?? CLASSIC_UDP, MAX_UDP))) return full;
  return packet(TRUNCATED_RESPONSE, false);
};
