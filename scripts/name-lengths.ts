/** How long names may be, by the property that has them: the quotas of each service. */
const MOST: Readonly<Record<string, { readonly property: string; readonly characters: number }>> = {
  // https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
  'AWS::Lambda::Function': { property: 'FunctionName', characters: 64 },
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
  'AWS::IAM::Role': { property: 'RoleName', characters: 64 },
  // https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
  'AWS::Scheduler::Schedule': { property: 'Name', characters: 64 },
  // https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
  'AWS::Events::Rule': { property: 'Name', characters: 64 },
  // https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
  'AWS::StepFunctions::StateMachine': { property: 'StateMachineName', characters: 80 },
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
  'AWS::SQS::Queue': { property: 'QueueName', characters: 80 },
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
  'AWS::S3::Bucket': { property: 'BucketName', characters: 63 },
};

interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
  >;
}

/** What is too long for AWS, which would say so only when the stack is deployed: the worst name of each type, one line each. */
export const namesTooLong = ({ Resources }: Template): readonly string[] =>
  Object.entries(MOST).flatMap(([type, { property, characters }]) => {
    const [worst = ''] = Object.values(Resources)
      .filter(({ Type }) => Type === type)
      .map(({ Properties }) => Properties?.[property])
      .filter((name) => typeof name === 'string')
      .sort((a, b) => b.length - a.length);
    return worst.length <= characters
      ? []
      : [
          `${type} ${worst} has ${worst.length} characters, ${characters} are allowed: ${worst.length - characters} too many`,
        ];
  });
