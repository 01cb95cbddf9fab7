import { expect, it } from 'vitest';
import { namesTooLong } from '../../../scripts/name-lengths.ts';

const named = (Type: string, property: string, name: unknown) => ({ Type, Properties: { [property]: name } });

it('names that AWS takes are no finding, nor those that it makes itself', () => {
  const Resources = {
    A: named('AWS::Lambda::Function', 'FunctionName', 'x'.repeat(64)),
    B: named('AWS::IAM::Role', 'RoleName', undefined),
    C: named('AWS::Scheduler::Schedule', 'Name', { 'Fn::Sub': 'x'.repeat(100) }),
    D: { Type: 'AWS::SQS::Queue' },
  };
  expect(namesTooLong({ Resources })).toEqual([]);
});

it('says the longest of each type, and by how much', () => {
  const Resources = {
    A: named('AWS::Lambda::Function', 'FunctionName', 'x'.repeat(66)),
    B: named('AWS::Lambda::Function', 'FunctionName', 'y'.repeat(65)),
    C: named('AWS::IAM::Role', 'RoleName', 'r'.repeat(80)),
  };
  expect(namesTooLong({ Resources })).toEqual([
    `AWS::Lambda::Function ${'x'.repeat(66)} has 66 characters, 64 are allowed: 2 too many`,
    `AWS::IAM::Role ${'r'.repeat(80)} has 80 characters, 64 are allowed: 16 too many`,
  ]);
});
