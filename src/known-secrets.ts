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

/** A text may be a getter of the error's class, which a DOMException's is, and a getter may throw. */
const readable = (text: () => string | undefined): string => {
  try {
    return withoutSecrets(text() ?? '');
  } catch {
    return 'a text that cannot be read';
  }
};

/** The error with these parts; a copy of the same name where it cannot be written: a getter without a setter, or frozen. */
const rewritten = (error: Error, message: string, stack: string, cause: unknown): Error => {
  try {
    if (error.message !== message) error.message = message;
    if ((error.stack ?? '') !== stack) error.stack = stack;
    if (error.cause !== cause) error.cause = cause;
    return error;
  } catch {
    const copy = new Error(message, cause === undefined ? {} : { cause });
    copy.name = error.name;
    copy.stack = stack;
    return copy;
  }
};

const isError = (value: unknown): value is Error => value instanceof Error;
const plain = (value: unknown): unknown => (typeof value === 'string' ? withoutSecrets(value) : value);

const cleaned = (error: unknown): unknown => {
  const chain: Error[] = [];
  for (let one = error; isError(one) && !chain.includes(one); one = one.cause) chain.push(one);
  const last = chain.at(-1);
  if (last === undefined) return plain(error);
  // Causes that go round are cut: what stands at their end may be a copy by now.
  let below: unknown = isError(last.cause) ? undefined : plain(last.cause);
  for (const one of chain.toReversed()) {
    const message = readable(() => one.message);
    const stack = readable(() => one.stack);
    below = rewritten(one, message, stack, below);
  }
  return below;
};

/**
 * The same error, with other texts, and those of its causes: whoever caught it may have kept it. In the place of one that cannot be written stands a
 * copy of the same name. Never throws: what comes after it records the error by its name, and Step Functions tries again by it.
 */
export const errorWithoutSecrets = (error: unknown): unknown => {
  try {
    return cleaned(error);
  } catch {
    return new Error('an error that cannot be read');
  }
};
