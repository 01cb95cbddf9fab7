import { EventEmitter, once } from 'node:events';
import { SMTPServer } from 'smtp-server';
import type { Address } from '#lab/addresses.ts';
import type { Part } from '#lab/contract.ts';
import { parseMail } from './mail-text.ts';

export interface ReceivedMail {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly from: string;
  /** Envelope recipients. */
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
}

/** `refuse`: answers 451 to each message; `hang`: takes the message and never answers. */
export type ReceiverMode = 'accept' | 'refuse' | 'hang';

export interface SmtpReceiver extends Part {
  readonly address: Address;
  readonly mails: readonly ReceivedMail[];
  setMode(mode: ReceiverMode): void;
  /** Resolves with the first mail, of those here and those to come, that fits. Rejects after `withinMs`. */
  waitForMail(fits: (mail: ReceivedMail) => boolean, withinMs?: number): Promise<ReceivedMail>;
}

/** Takes every mail for everybody, without TLS or login, and keeps it in memory. */
export const createSmtpReceiver = async ({ address }: { address: Address }): Promise<SmtpReceiver> => {
  const mails: ReceivedMail[] = [];
  const arrivals = new EventEmitter().setMaxListeners(0);
  let mode: ReceiverMode = 'accept';

  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    closeTimeout: 100,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (mode === 'hang') return;
        if (mode === 'refuse')
          return done(Object.assign(new Error('mail is refused on purpose'), { responseCode: 451 }));
        const { mailFrom, rcptTo } = session.envelope;
        const mail: ReceivedMail = {
          at: Date.now(),
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map((recipient) => recipient.address),
          ...parseMail(Buffer.concat(chunks).toString('latin1')),
        };
        mails.push(mail);
        arrivals.emit('mail');
        done();
      });
    },
  });
  server.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(address.port, address.host, resolve);
  });

  let stopping: Promise<void> | undefined;
  return {
    address,
    mails,
    setMode(next) {
      mode = next;
    },
    async waitForMail(fits, withinMs = 5_000) {
      const signal = AbortSignal.timeout(withinMs);
      for (;;) {
        const found = mails.find(fits);
        if (found !== undefined) return found;
        await once(arrivals, 'mail', { signal });
      }
    },
    stop() {
      stopping ??= new Promise<void>((resolve) => server.close(resolve));
      return stopping;
    },
  };
};
