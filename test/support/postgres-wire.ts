/** Messages of the protocol: https://www.postgresql.org/docs/current/protocol-message-formats.html */

const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
};

const READY = message('Z', Buffer.from('I'));

/** The login is taken, without a password. */
export const AUTHENTICATED = Buffer.concat([message('R', Buffer.alloc(4)), READY]);

/** A statement without rows is done. */
export const done = (tag: string): Buffer => Buffer.concat([message('C', Buffer.from(`${tag}\0`)), READY]);

/** An SQL error; the server goes on with the session, or closes it after a FATAL one. */
export const sqlError = (severity: 'ERROR' | 'FATAL', code: string, said: string): Buffer => {
  const fields = `S${severity}\0V${severity}\0C${code}\0M${said}\0\0`;
  return Buffer.concat([message('E', Buffer.from(fields)), ...(severity === 'FATAL' ? [] : [READY])]);
};
