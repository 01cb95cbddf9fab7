import type { Properties, Target, Targets } from '#lab/stack/deploy.ts';

/** CreateTable's input, plus TimeToLiveSpecification and PointInTimeRecoverySpecification. */
export interface TablesPort {
  createTable(
    region: string,
    input: Properties,
  ): Promise<{ readonly name: string; readonly arn: string; readonly streamArn?: string }>;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html */
export const tableTargets = (dynamodb: TablesPort): Targets => ({
  async 'AWS::DynamoDB::Table'(id, properties, { region, physicalName }) {
    const { StreamSpecification, ...rest } = properties;
    const { name, arn, streamArn } = await dynamodb.createTable(region, {
      ...rest,
      TableName: properties.TableName ?? physicalName(id, 255),
      // A template's stream is on when it is there.
      ...(StreamSpecification && { StreamSpecification: { StreamEnabled: true, ...StreamSpecification } }),
    });
    return { ref: name, attributes: { Arn: arn, ...(streamArn && { StreamArn: streamArn }) } };
  },
});

/** Nothing in the lab stands behind these; what a template may refer to is there. */
const nothing =
  (nameProperty: string, maxLength: number, arn: (name: string, region: string, account: string) => string): Target =>
  (id, properties, { region, account, physicalName }) => {
    const name: string = properties[nameProperty] ?? physicalName(id, maxLength);
    return { ref: name, attributes: { Arn: arn(name, region, account) }, ignored: true };
  };

export const ignoredTargets: Targets = {
  'AWS::KMS::Key': (id, _properties, { region, account, physicalName }) => {
    const key = physicalName(id, 64);
    return { ref: key, attributes: { Arn: `arn:aws:kms:${region}:${account}:key/${key}`, KeyId: key }, ignored: true };
  },
  'AWS::KMS::Alias': nothing('AliasName', 256, (name, region, account) => `arn:aws:kms:${region}:${account}:${name}`),
  'AWS::Logs::LogGroup': nothing(
    'LogGroupName',
    512,
    (name, region, account) => `arn:aws:logs:${region}:${account}:log-group:${name}:*`,
  ),
  'AWS::Logs::ResourcePolicy': nothing(
    'PolicyName',
    255,
    (name, region, account) => `arn:aws:logs:${region}:${account}:resource-policy:${name}`,
  ),
  'AWS::Logs::MetricFilter': nothing(
    'FilterName',
    512,
    (name, region, account) => `arn:aws:logs:${region}:${account}:metric-filter:${name}`,
  ),
};
