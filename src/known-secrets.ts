/**
 * What this process has read that nobody else may read. Services quote in their errors what they were given ("Value '...' at 'taskToken' failed to
 * satisfy constraint"), and errors go into logs, onto the record and into messages to people: there the values are left out. That no text is
 * made of them in the first place is the first line; this is the second. A Lambda process sees few: a login, a key, the words of a request.
 */
const known = new Map<string, readonly string[]>();

/** Shorter ones would be found in any text. RDS takes no password below 8 characters. */
const LEAST_CHARACTERS = 8;
const INSTEAD = '[secret]';

/** Known by their looks: the bearer token of an EKS cluster, made anew for each request, and what signs a presigned URL. */
const BY_LOOKS = /\bk8s-aws-v1\.[\w-]+|\bX-Amz-(?:Signature|Security-Token)=[^&\s"']+/g;

const formsOf = (value: string): readonly string[] => {
  const bytes = Buffer.from(value);
  const forms = [
    value,
    encodeURIComponent(value),
    new URLSearchParams({ v: value }).toString().slice(2),
    JSON.stringify(value).slice(1, -1),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
  ];
  return [...new Set(forms)].toSorted((a, b) => b.length - a.length);
};

/** Gives the value back: `const key = keepSecret(read)`. */
export const keepSecret = <T extends string | undefined>(value: T): T => {
  if (value !== undefined && value.length >= LEAST_CHARACTERS && !known.has(value)) known.set(value, formsOf(value));
  return value;
};

/** The text without any of them, plain, in base64, or as in a URL or JSON. */
export const withoutSecrets = (text: string): string => {
  let clean = text;
  for (const forms of known.values()) for (const form of forms) clean = clean.replaceAll(form, INSTEAD);
  return clean.replace(BY_LOOKS, INSTEAD);
};

/** The same value when none of them is in its JSON, else a copy without them. */
export const dataWithoutSecrets = <T>(value: T): T => {
  const text = JSON.stringify(value);
  if (text === undefined) return value;
  const clean = withoutSecrets(text);
  return clean === text ? value : (JSON.parse(clean) as T);
};

/** The same error, with other texts, and those of its causes: whoever caught it may have kept it. */
export const errorWithoutSecrets = (error: unknown): unknown => {
  for (let one = error; one instanceof Error; one = one.cause) {
    one.message = withoutSecrets(one.message);
    if (one.stack !== undefined) one.stack = withoutSecrets(one.stack);
  }
  return typeof error === 'string' ? withoutSecrets(error) : error;
};
