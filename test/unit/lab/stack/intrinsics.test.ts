// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax of Fn::Sub.
import { describe, expect, it } from 'vitest';
import { references, resolve, type Scope } from '#lab/stack/intrinsics.ts';

const missing = (what: string): never => {
  throw new Error(`no ${what}`);
};
const scope: Scope = {
  parameter: (name) => ({ Stage: 'lab', Zones: ['a', 'b'], Zero: '0', 'AWS::Region': 'us-west-2' })[name],
  condition: (name) => ({ Yes: true, No: false })[name] ?? missing(`condition ${name}`),
  ref: (id) => (id === 'Topic' ? 'arn:topic' : missing(`resource ${id}`)),
  attribute: (id, name) => (id === 'Table' ? `table-${name}` : missing(`resource ${id}`)),
  mapping: (map, top, second) => `${map}/${top}/${second}`,
};

describe('resolve', () => {
  it.each<[string, unknown, unknown]>([
    ['a parameter', { Ref: 'Stage' }, 'lab'],
    ['a resource', { Ref: 'Topic' }, 'arn:topic'],
    ['a pseudo parameter', { Ref: 'AWS::Region' }, 'us-west-2'],
    ['GetAtt as a list', { 'Fn::GetAtt': ['Table', 'Arn'] }, 'table-Arn'],
    ['GetAtt as text', { 'Fn::GetAtt': 'Table.Stream.Arn' }, 'table-Stream.Arn'],
    [
      'Sub with references',
      { 'Fn::Sub': '${Stage}-${AWS::Region}-${Table.Arn}-${!Kept}' },
      'lab-us-west-2-table-Arn-${Kept}',
    ],
    ['Sub with variables', { 'Fn::Sub': ['${a}/${Topic}', { a: { Ref: 'Stage' } }] }, 'lab/arn:topic'],
    ['Sub whose value has a dollar', { 'Fn::Sub': ['<${a}>', { a: '$&$1' }] }, '<$&$1>'],
    ['Join', { 'Fn::Join': [':', ['arn', { Ref: 'Stage' }, 1]] }, 'arn:lab:1'],
    ['Join of a list parameter', { 'Fn::Join': ['+', { Ref: 'Zones' }] }, 'a+b'],
    ['Select of Split', { 'Fn::Select': ['1', { 'Fn::Split': [':', 'x:y:z'] }] }, 'y'],
    ['If', { 'Fn::If': ['Yes', { Ref: 'Stage' }, { Ref: 'NotThere' }] }, 'lab'],
    [
      'If without a value leaves the member out',
      { a: { 'Fn::If': ['No', 1, { Ref: 'AWS::NoValue' }] }, b: [{ Ref: 'AWS::NoValue' }, 2] },
      { b: [2] },
    ],
    ['Equals', { 'Fn::Equals': [{ Ref: 'Zero' }, 0] }, true],
    [
      'And, Or, Not',
      { 'Fn::And': [{ 'Fn::Or': [{ Condition: 'No' }, { Condition: 'Yes' }] }, { 'Fn::Not': [{ Condition: 'No' }] }] },
      true,
    ],
    ['FindInMap', { 'Fn::FindInMap': ['M', { Ref: 'AWS::Region' }, 'k'] }, 'M/us-west-2/k'],
    ['ToJsonString', { 'Fn::ToJsonString': { a: { Ref: 'Stage' } } }, '{"a":"lab"}'],
    [
      'an IAM statement with a condition',
      { Condition: { StringEquals: { a: { Ref: 'Stage' } } } },
      { Condition: { StringEquals: { a: 'lab' } } },
    ],
    ['data with more than one key', { Ref: 'Stage', Other: 1 }, { Ref: 'Stage', Other: 1 }],
  ])('carries out %s', (_what, given, expected) => {
    expect(resolve(given, scope)).toEqual(expected);
  });

  it.each<[unknown, string]>([
    [{ Ref: 'Nobody' }, 'no resource Nobody'],
    [{ 'Fn::If': ['Maybe', 1, 2] }, 'no condition Maybe'],
    [{ 'Fn::Select': [5, ['a']] }, 'there is no item 5 of 1'],
    [{ 'Fn::ImportValue': 'x' }, 'the intrinsic function Fn::ImportValue is not supported'],
    [{ 'Fn::Sub': '${Zones}' }, 'Fn::Sub variable Zones needs text'],
  ])('refuses %j', (given, message) => {
    expect(() => resolve(given, scope)).toThrow(message);
  });
});

describe('references', () => {
  it('finds what an expression needs, of a condition only the branch that is taken', () => {
    const found = references(
      {
        a: { Ref: 'A' },
        b: [{ 'Fn::GetAtt': ['B', 'Arn'] }, { 'Fn::GetAtt': 'C.Arn' }],
        c: { 'Fn::Sub': ['${D} ${E.Arn} ${!F} ${local}', { local: { Ref: 'G' } }] },
        d: { 'Fn::If': ['Yes', { Ref: 'H' }, { Ref: 'I' }] },
        e: { 'Fn::Join': ['', [{ 'Fn::Select': [0, [{ Ref: 'J' }]] }]] },
      },
      scope.condition,
    );
    expect([...found].sort()).toEqual(['A', 'B', 'C', 'D', 'E', 'G', 'H', 'J']);
  });
});
