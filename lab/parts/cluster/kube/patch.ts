import { badRequest, KubeError } from './kube-error.ts';

type Dict = Record<string, unknown>;

const isDict = (value: unknown): value is Dict => typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON merge patch: https://www.rfc-editor.org/rfc/rfc7386 */
export const mergePatch = (target: unknown, patch: unknown): unknown => {
  if (!isDict(patch)) return patch;
  const result: Dict = isDict(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
};

/** Lists that a strategic patch merges by a key; any other list is replaced. Taken from the API's `patchMergeKey` fields. */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  ports: 'containerPort',
  conditions: 'type',
  ownerReferences: 'uid',
  imagePullSecrets: 'name',
};

const mergeList = (target: unknown, patch: unknown[], member: string): unknown[] => {
  const current = Array.isArray(target) ? target : [];
  if (patch.some((item) => isDict(item) && item.$patch === 'replace')) {
    return patch.filter((item) => !(isDict(item) && item.$patch === 'replace'));
  }
  // A Service's ports merge by `port`, a container's by `containerPort`: the items say which they are.
  const key = member === 'ports' && patch.some((item) => isDict(item) && 'port' in item) ? 'port' : MERGE_KEYS[member];
  if (!key || !patch.every(isDict)) return patch;
  const result = [...current];
  for (const item of patch) {
    const at = result.findIndex((existing) => isDict(existing) && existing[key] === item[key]);
    if (item.$patch === 'delete') {
      if (at >= 0) result.splice(at, 1);
    } else if (at >= 0) result[at] = strategicPatch(result[at], item);
    else result.push(strategicPatch({}, item));
  }
  return result;
};

/**
 * Strategic merge patch over the lists above, with `$patch`, `$retainKeys` and `$deleteFromPrimitiveList`;
 * `$setElementOrder` is dropped: no reader here depends on order.
 * https://github.com/kubernetes/community/blob/main/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */
export const strategicPatch = (target: unknown, patch: unknown): unknown => {
  if (!isDict(patch)) return patch;
  if (patch.$patch === 'delete') return {};
  const retain = Array.isArray(patch.$retainKeys) ? new Set(patch.$retainKeys) : undefined;
  const base: Dict = isDict(target) && patch.$patch !== 'replace' ? { ...target } : {};
  const result = retain ? Object.fromEntries(Object.entries(base).filter(([key]) => retain.has(key))) : base;
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$deleteFromPrimitiveList/')) {
      const member = key.slice('$deleteFromPrimitiveList/'.length);
      const gone = new Set(value as unknown[]);
      if (Array.isArray(result[member])) result[member] = result[member].filter((item) => !gone.has(item));
    } else if (key.startsWith('$')) {
      // A directive, handled above or without meaning here.
    } else if (value === null) delete result[key];
    else if (Array.isArray(value)) result[key] = mergeList(result[key], value, key);
    else result[key] = strategicPatch(result[key], value);
  }
  return result;
};

interface Operation {
  op: string;
  path: string;
  from?: string;
  value?: unknown;
}

const pointer = (path: string): string[] => {
  if (path !== '' && !path.startsWith('/')) throw badRequest(`not a JSON pointer: ${path}`);
  return path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
};

const cannot = (operation: Operation): KubeError =>
  new KubeError(
    422,
    'Invalid',
    `the server rejected our request due to an error in our request: ${operation.op} ${operation.path}`,
  );

const read = (document: unknown, path: string, operation: Operation): unknown =>
  pointer(path).reduce<unknown>((at, part) => {
    if (Array.isArray(at) && at[Number(part)] !== undefined) return at[Number(part)];
    if (isDict(at) && part in at) return at[part];
    throw cannot(operation);
  }, document);

const write = (document: unknown, operation: Operation, op: 'add' | 'replace' | 'remove', value: unknown): void => {
  const parts = pointer(operation.path);
  const last = parts.pop();
  const parent = read(
    document,
    parts.length ? `/${parts.map((p) => p.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}` : '',
    operation,
  );
  if (last === undefined) throw cannot(operation);
  if (Array.isArray(parent)) {
    const at = last === '-' ? parent.length : Number(last);
    if (!Number.isInteger(at) || at > parent.length || (op !== 'add' && at >= parent.length)) throw cannot(operation);
    parent.splice(at, op === 'add' ? 0 : 1, ...(op === 'remove' ? [] : [value]));
  } else if (isDict(parent)) {
    if (op !== 'add' && !(last in parent)) throw cannot(operation);
    if (op === 'remove') delete parent[last];
    else parent[last] = value;
  } else throw cannot(operation);
};

const isOperations = (value: unknown): value is Operation[] =>
  Array.isArray(value) &&
  value.every(
    (one) =>
      isDict(one) &&
      typeof one.op === 'string' &&
      typeof one.path === 'string' &&
      ['string', 'undefined'].includes(typeof one.from),
  );

/** JSON patch: https://www.rfc-editor.org/rfc/rfc6902 @throws KubeError 422 when an operation does not fit. */
export const jsonPatch = (target: unknown, operations: unknown): unknown => {
  if (!isOperations(operations)) throw badRequest('a JSON patch is a list of operations, each with op and path');
  const document: unknown = structuredClone(target);
  for (const operation of operations) {
    const { op, path, from = '' } = operation;
    if (op === 'test') {
      if (JSON.stringify(read(document, path, operation)) !== JSON.stringify(operation.value)) throw cannot(operation);
    } else if (op === 'add' || op === 'replace' || op === 'remove') write(document, operation, op, operation.value);
    else if (op === 'copy') write(document, operation, 'add', structuredClone(read(document, from, operation)));
    else if (op === 'move') {
      const value = read(document, from, operation);
      write(document, { ...operation, path: from }, 'remove', undefined);
      write(document, operation, 'add', value);
    } else throw badRequest(`unknown JSON patch operation: ${op}`);
  }
  return document;
};

/** @throws KubeError 415 for a kind of patch that this server does not take (server-side apply among them). */
export const applyPatch = (contentType: string, target: unknown, patch: unknown): unknown => {
  const type = contentType.split(';')[0]?.trim();
  if (type === 'application/json-patch+json') return jsonPatch(target, patch);
  if (type === 'application/merge-patch+json') return mergePatch(target, patch);
  if (type === 'application/strategic-merge-patch+json') return strategicPatch(target, patch);
  throw new KubeError(415, 'UnsupportedMediaType', `the body of the request was in an unknown format: ${type}`);
};
