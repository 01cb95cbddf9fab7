/** Write-ahead log positions of PostgreSQL: two hexadecimal halves of 32 bits, `16/B374D848`. https://www.postgresql.org/docs/current/datatype-pg-lsn.html */
const PATTERN = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/;

/** Byte position in the log. Throws RangeError. */
export const parseLsn = (lsn: string): bigint => {
  const match = PATTERN.exec(lsn);
  if (!match) throw new RangeError(`${lsn} is not a log position such as 0/3000060`);
  return (BigInt(`0x${match[1]}`) << 32n) | BigInt(`0x${match[2]}`);
};

export const formatLsn = (position: bigint): string =>
  `${(position >> 32n).toString(16).toUpperCase()}/${(position & 0xffff_ffffn).toString(16).toUpperCase()}`;

/** Bytes of log from `from` to `to`; negative when `to` comes first. Both must be of one timeline to mean anything. */
export const lsnDifference = (from: string, to: string): number => Number(parseLsn(to) - parseLsn(from));
