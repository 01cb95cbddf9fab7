import { describe, expect, it } from 'vitest';
import { functionsOf, probeMinutes, rate, withReferences } from '../../../serverless/stack-values.ts';

/** As a definition writes it; not a template string. */
const placeholder = (text: string): string => ['$', '{', text, '}'].join('');

describe('rate', () => {
  it.each([
    [30, 'rate(1 minute)'],
    [60, 'rate(1 minute)'],
    [300, 'rate(5 minutes)'],
  ])('%i s -> %s', (seconds, text) => {
    expect(rate(probeMinutes(seconds))).toBe(text);
  });
});

describe('placeholders of a state machine', () => {
  it('become references', () => {
    expect(
      withReferences({ A: [placeholder('OneLambdaFunction.Arn'), placeholder('Topic'), '{% $x %}', 1, null] }),
    ).toEqual({
      A: [{ 'Fn::GetAtt': ['OneLambdaFunction', 'Arn'] }, { Ref: 'Topic' }, '{% $x %}', 1, null],
    });
  });

  it('are refused in the middle of a string', () => {
    expect(() => withReferences({ A: `arn:${placeholder('Topic')}` })).toThrow(
      /has to be a whole string: arn:\$\{Topic\}/,
    );
  });

  it('name the functions once', () => {
    expect(
      functionsOf({ A: placeholder('OneLambdaFunction.Arn'), B: { C: placeholder('OneLambdaFunction.Arn') } }),
    ).toEqual(['One']);
  });
});
