import { describe, expect, it } from 'vitest';
import { differences } from '../../../scripts/drift/compare.ts';

describe('differences', () => {
  it('are found by their path, at any depth', () => {
    expect(differences({ a: { b: [1, { c: 'x' }] } }, { a: { b: [1, { c: 'y' }] } })).toEqual([
      { path: 'a.b.1.c', wanted: 'x', actual: 'y' },
    ]);
  });

  it('are none in what only the service says, nor in numbers and booleans as text', () => {
    expect(differences({ a: '60', b: true }, { a: 60, b: 'true', more: 1 })).toEqual([]);
  });

  it('are not looked for where only CloudFormation knows what is wanted', () => {
    const wanted = { a: { Ref: 'Topic' }, b: { 'Fn::GetAtt': ['A', 'Arn'] }, c: ['$', '{placeholder}'].join('') };
    expect(differences(wanted, { a: 'arn', b: 'arn', c: 'anything' })).toEqual([]);
  });

  it('are what is missing, and a list of another length', () => {
    expect(differences({ a: 1 }, {})).toEqual([{ path: 'a', wanted: 1, actual: undefined }]);
    expect(differences([1, 2], [1])).toEqual([{ path: '', wanted: [1, 2], actual: [1] }]);
    expect(differences({ a: {} }, { a: null })).toHaveLength(1);
  });
});
