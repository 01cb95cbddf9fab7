import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { labAddresses } from '#lab/addresses.ts';
import { createSmtpReceiver, type SmtpReceiver } from '#lab/parts/smtp-receiver.ts';
import { createWebhookReceiver, type WebhookReceiver } from '#lab/parts/webhook-receiver.ts';

const { site } = labAddresses(33);

describe('the mail receiver', () => {
  let receiver: SmtpReceiver;
  const transport = createTransport({
    host: site.smtp.host,
    port: site.smtp.port,
    ignoreTLS: true,
    socketTimeout: 500,
  });
  beforeEach(async () => {
    receiver = await createSmtpReceiver({ address: site.smtp });
  });
  afterEach(() => receiver.stop());

  const send = (mail: { subject: string; text: string; html?: string }) =>
    transport.sendMail({ from: 'pipeline@example.test', to: ['one@example.test', 'two@example.test'], ...mail });

  it('keeps what arrived, with subject and text decoded', async () => {
    const text = `Region A is down – äöü\n${'a long line '.repeat(30)}\n\n.dot`;
    await send({ subject: 'INCIDENT – Überblick, and a long subject so that it has to be folded somewhere', text });
    const mail = await receiver.waitForMail(({ subject }) => subject.includes('Überblick'));
    expect(mail).toMatchObject({ from: 'pipeline@example.test', to: ['one@example.test', 'two@example.test'] });
    expect(mail.subject).toBe('INCIDENT – Überblick, and a long subject so that it has to be folded somewhere');
    expect(mail.text).toBe(text);
    await send({ subject: 'both', text: 'plain ✓', html: '<b>html</b>' });
    expect((await receiver.waitForMail(({ subject }) => subject === 'both')).text).toBe('plain ✓');
    expect(receiver.mails).toHaveLength(2);
  });

  it('refuses, hangs and recovers on demand', async () => {
    receiver.setMode('refuse');
    await expect(send({ subject: 'no', text: 'no' })).rejects.toMatchObject({ responseCode: 451 });
    receiver.setMode('hang');
    await expect(send({ subject: 'no', text: 'no' })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(receiver.mails).toEqual([]);
    receiver.setMode('accept');
    await send({ subject: 'yes', text: 'yes' });
    await expect(receiver.waitForMail(({ subject }) => subject === 'no', 50)).rejects.toThrow();
  });
});

describe('the webhook receiver', () => {
  let receiver: WebhookReceiver;
  beforeEach(async () => {
    receiver = await createWebhookReceiver({ address: site.webhook });
  });
  afterEach(() => receiver.stop());

  const post = (path: string, body: string, withinMs = 5_000) =>
    fetch(`http://${site.webhook.host}:${site.webhook.port}${path}`, {
      method: 'POST',
      body,
      headers: { connection: 'close', 'x-amz-sns-message-type': 'Notification' },
      signal: AbortSignal.timeout(withinMs),
    });

  it('keeps what arrived and tells who waits', async () => {
    const heard: string[] = [];
    receiver.onRequest(({ path }) => heard.push(path));
    const waiting = receiver.waitForRequest(({ path }) => path === '/b');
    expect((await post('/a', '{"x":1}')).status).toBe(200);
    await post('/b', 'second');
    expect(await waiting).toMatchObject({
      method: 'POST',
      body: 'second',
      headers: { connection: 'close', 'x-amz-sns-message-type': 'Notification' },
    });
    expect(receiver.requests.map(({ body }) => body)).toEqual(['{"x":1}', 'second']);
    expect(heard).toEqual(['/a', '/b']);
  });

  it('refuses and hangs on demand, and stops with requests open', async () => {
    receiver.setMode('refuse');
    expect((await post('/', 'x')).status).toBe(503);
    receiver.setMode('hang');
    await expect(post('/', 'x', 300)).rejects.toThrow();
    expect(receiver.requests).toEqual([]);
    await receiver.stop();
    await receiver.stop();
  });
});
