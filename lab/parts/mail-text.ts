/** Decodes `=?utf-8?Q?...?=` and `=?utf-8?B?...?=` words of a header (RFC 2047). */
const decodeWords = (header: string): string =>
  header
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?([^?]+)\?([qb])\?([^?]*)\?=/gi, (_, _charset: string, kind: string, text: string) =>
      kind.toLowerCase() === 'b'
        ? Buffer.from(text, 'base64').toString('utf8')
        : decodeQuotedPrintable(text.replaceAll('_', ' ')),
    );

const decodeQuotedPrintable = (text: string): string =>
  Buffer.from(
    text
      .replace(/=\r?\n/g, '')
      .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');

const headersOf = (head: string): Map<string, string> => {
  const headers = new Map<string, string>();
  for (const line of head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
};

const split = (message: string): { headers: Map<string, string>; body: string } => {
  const end = /\r?\n\r?\n/.exec(message);
  const at = end?.index ?? message.length;
  return { headers: headersOf(message.slice(0, at)), body: message.slice(at + (end?.[0].length ?? 0)) };
};

const decodeBody = (body: string, encoding: string): string => {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  if (encoding === 'quoted-printable') return decodeQuotedPrintable(body);
  return Buffer.from(body, 'latin1').toString('utf8');
};

/** Subject and first text of a mail; `message` is the raw bytes as latin1. Of a multipart mail the first plain part counts. */
export const parseMail = (message: string): { subject: string; text: string } => {
  const { headers, body } = split(message);
  const subject = decodeWords(Buffer.from(headers.get('subject') ?? '', 'latin1').toString('utf8'));
  const boundary = /boundary="?([^";]+)"?/i.exec(headers.get('content-type') ?? '')?.[1];
  if (boundary !== undefined) {
    const parts = body
      .split(`--${boundary}`)
      .slice(1, -1)
      .map((part) => part.replace(/^\r?\n/, ''));
    const plain =
      parts.find((part) => /text\/plain/i.test(split(part).headers.get('content-type') ?? 'text/plain')) ??
      parts[0] ??
      '';
    return { subject, text: parseMail(plain).text };
  }
  return {
    subject,
    text: decodeBody(body, (headers.get('content-transfer-encoding') ?? '').toLowerCase())
      .replace(/\r\n/g, '\n')
      .trimEnd(),
  };
};
