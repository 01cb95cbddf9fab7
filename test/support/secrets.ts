/** Secrets by what they are: `{ password: '...' }`. */
export type Secrets = Readonly<Record<string, string>>;

/** The characters of a base64 text that are the value's alone, wherever in a longer text it stands: one of three alignments. */
const base64At = (bytes: Buffer, offset: 0 | 1 | 2): string => {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  const first = Math.ceil((offset * 8) / 6);
  return text.slice(first, Math.floor(((offset + bytes.length) * 8) / 6));
};

const url = (base64: string): string => base64.replaceAll('+', '-').replaceAll('/', '_');

/** How a value may stand in a text: plain, in JSON, in a URL, in base64. */
const formsOf = (value: string): Readonly<Record<string, string>> => {
  const bytes = Buffer.from(value);
  const encoded = [base64At(bytes, 0), base64At(bytes, 1), base64At(bytes, 2)];
  return {
    plain: value,
    JSON: JSON.stringify(value).slice(1, -1),
    'URL-encoded': encodeURIComponent(value),
    'form-encoded': new URLSearchParams({ v: value }).toString().slice(2),
    ...Object.fromEntries(encoded.map((text, index) => [`base64 (${index})`, text])),
    ...Object.fromEntries(encoded.map((text, index) => [`base64url (${index})`, url(text)])),
  };
};

/** Which secrets the text holds, and how: `password, base64 (1)`. Their values are not in what this gives. */
export const leaksIn = (text: string, secrets: Secrets): readonly string[] =>
  Object.entries(secrets).flatMap(([what, value]) => {
    const form = Object.entries(formsOf(value)).find(([, found]) => text.includes(found));
    return form === undefined ? [] : [`${what}, ${form[0]}`];
  });
