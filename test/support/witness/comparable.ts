/** What two clouds in the same state never have alike. */
const MADE_UP: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uuid>'],
  [/(?<=\/(?:change|hostedzone|healthcheck)\/|^)[CZ][0-9A-Z]{11,}$/g, '<id>'],
  [/(?<=:secret:[\w/-]+)-[\w+]{6}$/g, '-<suffix>'],
  [/^[0-9a-f]{32}$/g, '<version>'],
  [/AQCEAAAA[\w-]{64}/g, '<token>'],
];
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?/g;
const DAY_MS = 86_400_000;

/** Times of now are alike; any other is compared, to the second. */
const sayTime = (time: number): string =>
  Math.abs(time - Date.now()) < DAY_MS ? '<now>' : new Date(Math.floor(time / 1_000) * 1_000).toISOString();

const sayText = (text: string): string => {
  const timed = text.replace(TIME, (found) =>
    sayTime(Date.parse(/Z|[+-]\d\d:?\d\d$/.test(found) ? found : `${found}Z`)),
  );
  return MADE_UP.reduce((said, [pattern, name]) => said.replace(pattern, name), timed);
};

const isNothing = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (typeof value === 'object' && !(value instanceof Date) && Object.keys(value).length === 0);

/**
 * A parsed answer, so that those of clients in several languages can be compared. Clients differ in what is absent (undefined, null, an empty list) and in
 * numbers that Route 53 sends as text; nothing else is let through.
 */
export const comparable = (value: unknown, key = ''): unknown => {
  if (value instanceof Date) return sayTime(value.getTime());
  if (value instanceof Uint8Array) return comparable(Buffer.from(value).toString('utf8'), key);
  if (typeof value === 'string') return key === 'MaxItems' ? Number(value) : sayText(value);
  if (Array.isArray(value)) return value.map((item) => comparable(item));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([name]) => name !== '$metadata')
    .map(([name, item]) => [sayText(name), comparable(item, name)] as const)
    .filter(([, item]) => !isNothing(item))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  // Names that are made up, as of a secret's versions, are alike then: the entries are a list.
  const alike = new Set(entries.map(([name]) => name)).size < entries.length;
  return alike ? entries : Object.fromEntries(entries);
};
