import { describe, expect, it } from 'vitest';
import { applyPatch, jsonPatch, mergePatch, strategicPatch } from '#lab/parts/cluster/kube/patch.ts';

describe('merge patch', () => {
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j with %j is %j (RFC 7386, appendix A)', (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result);
  });
});

describe('strategic merge patch', () => {
  const target = {
    replicas: 3,
    containers: [
      { name: 'api', image: 'one', env: [{ name: 'A', value: '1' }] },
      { name: 'side', image: 'two' },
    ],
    args: ['a', 'b'],
  };

  it('merges containers and their env by name and leaves the rest', () => {
    const patch = {
      containers: [{ name: 'api', env: [{ name: 'B', value: '2' }] }],
      $setElementOrder: [{ name: 'api' }],
    };
    expect(strategicPatch(target, patch)).toEqual({
      ...target,
      containers: [
        {
          name: 'api',
          image: 'one',
          env: [
            { name: 'A', value: '1' },
            { name: 'B', value: '2' },
          ],
        },
        { name: 'side', image: 'two' },
      ],
    });
  });

  it('deletes an element that is marked, replaces lists without a key', () => {
    const patch = { containers: [{ name: 'side', $patch: 'delete' }], args: ['c'] };
    expect(strategicPatch(target, patch)).toMatchObject({ containers: [{ name: 'api' }], args: ['c'] });
  });

  it('does not touch what it was given', () => {
    const before = structuredClone(target);
    strategicPatch(target, { containers: [{ name: 'api', image: 'three' }], replicas: null });
    expect(target).toEqual(before);
  });
});

describe('JSON patch', () => {
  it('adds, replaces, removes, tests, escapes', () => {
    const result = jsonPatch({ a: { 'b/c': 1 }, list: [1, 3] }, [
      { op: 'test', path: '/a/b~1c', value: 1 },
      { op: 'replace', path: '/a/b~1c', value: 2 },
      { op: 'add', path: '/list/1', value: 2 },
      { op: 'add', path: '/list/-', value: 4 },
      { op: 'copy', from: '/list', path: '/copied' },
      { op: 'remove', path: '/list/0' },
    ]);
    expect(result).toEqual({ a: { 'b/c': 2 }, list: [2, 3, 4], copied: [1, 2, 3, 4] });
  });

  it.each([
    [{ op: 'test', path: '/a', value: 2 }],
    [{ op: 'replace', path: '/b', value: 2 }],
    [{ op: 'remove', path: '/b' }],
    [{ op: 'add', path: '/b/c', value: 1 }],
  ])('refuses %j', (operation) => {
    expect(() => jsonPatch({ a: 1 }, [operation])).toThrow(expect.objectContaining({ code: 422 }));
  });
});

it('refuses server-side apply', () => {
  expect(() => applyPatch('application/apply-patch+yaml', {}, {})).toThrow(expect.objectContaining({ code: 415 }));
});
