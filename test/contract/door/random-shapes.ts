import { NormalizedSchema } from '@smithy/core/schema';

/** Small seeded generator (mulberry32), so that a failure can be repeated by its seed. */
export const random = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
};

const TEXTS = [
  'a',
  'Zürich 漢字 ☃',
  '<tag attr="1">&amp;</tag>',
  'two words',
  "it's 100% + more",
  'a/b=c&d',
  '{"json": [1]}',
  'line\nbreak',
];
const PLAIN = ['alpha', 'beta-1', 'Gamma_2', 'd.4'];
const DEPTH = 5;

/** A random value of a shape. Lists, maps and structures are never empty: the query protocol cannot say an empty one. */
export const randomValue = (schema: unknown, next: () => number): unknown => {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T;

  const value = (shape: NormalizedSchema, depth: number): unknown => {
    const traits = shape.getMergedTraits() as Record<string, unknown>;
    if (shape.isDocumentSchema()) return { nested: [1, 'two', { three: true }] };
    if (shape.isStructSchema()) return structure(shape, depth);
    if (shape.isListSchema()) {
      const items = Array.from({ length: 1 + Math.floor(next() * 2) }, () => value(shape.getValueSchema(), depth + 1));
      return items.includes(undefined) ? undefined : items;
    }
    if (shape.isMapSchema()) {
      const item = value(shape.getValueSchema(), depth + 1);
      return item === undefined ? undefined : { [pick(PLAIN)]: item, other: item };
    }
    if (shape.isTimestampSchema()) return new Date(1.6e12 + Math.floor(next() * 1e8) * 1000);
    if (shape.isBlobSchema()) return new Uint8Array([1, 2, 250, Math.floor(next() * 256)]);
    if (shape.isBooleanSchema()) return next() < 0.5;
    if (traits.httpResponseCode) return 200;
    if (shape.isNumericSchema()) return Math.floor(next() * 100_000) - 1000;
    if (shape.isBigIntegerSchema()) return 12_345_678_901_234n;
    const bound = traits.httpLabel || traits.httpHeader || traits.httpPrefixHeaders || traits.httpQuery;
    return pick(bound ? PLAIN : TEXTS);
  };

  const structure = (shape: NormalizedSchema, depth: number): unknown => {
    if (depth > DEPTH) return undefined;
    const all = [...shape.structIterator()] as [string, NormalizedSchema][];
    // The schema puts required members first and says how many they are.
    const required = Number((shape.getSchema() as unknown as unknown[])[6] ?? 0);
    const members = shape.isUnionSchema() ? [pick(all)] : all;
    const built: Record<string, unknown> = {};
    for (const [index, [name, member]] of members.entries()) {
      const traits = member.getMergedTraits() as Record<string, unknown>;
      const always =
        depth < 2 || index < required || traits.httpLabel || traits.idempotencyToken || shape.isUnionSchema();
      if (!always && next() < 0.3) continue;
      const item = value(member, depth + 1);
      if (item !== undefined) built[name] = item;
    }
    return Object.keys(built).length > 0 || depth === 0 ? built : undefined;
  };

  const shape = NormalizedSchema.of(schema as Parameters<typeof NormalizedSchema.of>[0]);
  return shape.isStructSchema() ? structure(shape, 0) : {};
};

/** The same value whether it came as Buffer, blob adapter or array, without what the SDK adds. */
export const plain = (value: unknown): unknown => {
  if (value instanceof Date) return { date: value.getTime() };
  if (value instanceof Uint8Array) return { blob: Buffer.from(value).toString('hex') };
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof String) return String(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, item]) => key !== '$metadata' && item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, plain(item)]),
  );
};
