import type { Targets } from '#lab/stack/deploy.ts';
import { needed } from '#lab/stack/properties.ts';

export interface FunctionUrlsPort {
  /** Gives the URL, with a slash at its end. */
  add(functionArn: string): string;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-url.html */
export const functionUrlTargets = (urls: FunctionUrlsPort): Targets => ({
  'AWS::Lambda::Url': (_id, properties) => {
    if (properties.AuthType !== 'NONE') throw new Error(`AuthType ${properties.AuthType} is not supported: only NONE`);
    const arn = needed(properties, 'TargetFunctionArn');
    return { ref: arn, attributes: { FunctionArn: arn, FunctionUrl: urls.add(arn) } };
  },
});
