import { badRequest } from './kube-error.ts';
import type { KubeObject } from './types.ts';

export type Matcher = (object: KubeObject) => boolean;

/** `a=b, c in (d, e)`: commas inside brackets do not part requirements. */
const requirements = (selector: string): string[] =>
  selector
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');

const labelRequirement = (text: string): ((labels: Record<string, string>) => boolean) => {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text);
  if (set) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    const isIn = (labels: Record<string, string>): boolean => key in labels && values.includes(labels[key] ?? '');
    return operator === 'in' ? isIn : (labels) => !isIn(labels);
  }
  const pair = /^([^=!\s]+)\s*(==|=|!=)\s*([^=!\s]*)$/.exec(text);
  if (pair) {
    const [, key = '', operator, value] = pair;
    return operator === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }
  const presence = /^(!?)\s*([A-Za-z0-9._/-]+)$/.exec(text);
  if (presence) {
    const [, not, key = ''] = presence;
    return (labels) => key in labels !== (not === '!');
  }
  throw badRequest(`unable to parse requirement: ${text}`);
};

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors @throws KubeError 400. */
export const labelSelector = (selector: string): Matcher => {
  const tests = requirements(selector).map(labelRequirement);
  return (object) => tests.every((test) => test(object.metadata.labels ?? {}));
};

const FIELDS = /^(metadata\.(name|namespace)|status\.phase|spec\.nodeName|involvedObject\.\w+|type|reason)$/;

const fieldRequirement = (text: string): Matcher => {
  const match = /^([^=!]+?)\s*(==|=|!=)\s*(.*)$/.exec(text);
  const [, path = '', operator, value = ''] = match ?? [];
  if (!match || !FIELDS.test(path)) throw badRequest(`field label not supported: ${path || text}`);
  return (object) => {
    const found = path
      .split('.')
      .reduce<unknown>((at, member) => (at as Record<string, unknown> | undefined)?.[member], object);
    return (String(found ?? '') === value) !== (operator === '!=');
  };
};

/** Only the fields that kubectl and controllers ask for. @throws KubeError 400. */
export const fieldSelector = (selector: string): Matcher => {
  const tests = requirements(selector).map(fieldRequirement);
  return (object) => tests.every((test) => test(object));
};

export const matchesLabels = (wanted: Record<string, string> | undefined, labels: Record<string, string> | undefined) =>
  Object.entries(wanted ?? {}).every(([key, value]) => labels?.[key] === value);
