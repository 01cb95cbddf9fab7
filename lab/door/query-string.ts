/** The awsQuery protocol's form body <-> typed input. */
import { members, type Shape, type Structure, texts, traits } from '#lab/door/sdk-schemas.ts';

/** `Filters.Filter.1.Name=x` as a tree; `text` is the value at that path. */
interface Node {
  text?: string;
  readonly children: Map<string, Node>;
}

/** Key -> values, in order; an absent `=` means an empty value. `+` is a space only in form bodies. */
export const parsePairs = (text: string, form = false): Map<string, string[]> => {
  const pairs = new Map<string, string[]>();
  const decode = (part: string): string => decodeURIComponent(form ? part.replaceAll('+', ' ') : part);
  for (const part of text.split('&')) {
    if (!part) continue;
    const at = part.indexOf('=');
    const key = decode(at < 0 ? part : part.slice(0, at));
    const values = pairs.get(key) ?? [];
    values.push(at < 0 ? '' : decode(part.slice(at + 1)));
    pairs.set(key, values);
  }
  return pairs;
};

const treeOf = (pairs: ReadonlyMap<string, readonly string[]>): Node => {
  const root: Node = { children: new Map() };
  for (const [key, values] of pairs) {
    let node = root;
    for (const step of key.split('.')) {
      const child: Node = node.children.get(step) ?? { children: new Map() };
      node.children.set(step, child);
      node = child;
    }
    node.text = values[0] ?? '';
  }
  return root;
};

const numbered = (node: Node): Node[] =>
  [...node.children]
    .filter(([key]) => /^\d+$/.test(key))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, child]) => child);

const readList = (shape: Shape, node: Node): unknown[] => {
  const value = shape.getValueSchema();
  const direct = traits(shape).xmlFlattened ? node : node.children.get(traits(value).xmlName ?? 'member');
  // botocore and the SDK differ in a few list names: the one child that is not a number is the list.
  const only = node.children.size === 1 ? [...node.children.values()][0] : undefined;
  const items = numbered(direct ?? (numbered(node).length > 0 ? node : (only ?? node)));
  return items.map((item) => read(value, item));
};

const readMap = (shape: Shape, node: Node): Structure => {
  const entries = numbered(traits(shape).xmlFlattened ? node : (node.children.get('entry') ?? node));
  const keyName = traits(shape.getKeySchema()).xmlName ?? 'key';
  const valueName = traits(shape.getValueSchema()).xmlName ?? 'value';
  return Object.fromEntries(
    entries.map((entry) => [
      entry.children.get(keyName)?.text ?? '',
      read(shape.getValueSchema(), entry.children.get(valueName) ?? { text: '', children: new Map() }),
    ]),
  );
};

const readStructure = (shape: Shape, node: Node): Structure => {
  const structure: Structure = {};
  for (const [name, member] of members(shape)) {
    const child = node.children.get(traits(member).xmlName ?? name);
    if (child) structure[name] = read(member, child);
  }
  return structure;
};

const read = (shape: Shape, node: Node): unknown => {
  if (shape.isStructSchema()) return readStructure(shape, node);
  if (shape.isListSchema()) return readList(shape, node);
  if (shape.isMapSchema()) return readMap(shape, node);
  return texts.query.read(shape, node.text ?? '');
};

export const readQueryInput = (input: Shape, pairs: ReadonlyMap<string, readonly string[]>): Structure =>
  input.isStructSchema() ? readStructure(input, treeOf(pairs)) : {};
