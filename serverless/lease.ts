import { isReturn } from '#domain/direction.ts';
import type { Plan } from '#domain/plan.ts';
import type { Side } from '#domain/side.ts';
import { leaseTable } from '#domain/write-lease.ts';

/**
 * What the sidecars of a region's pods may do. EKS Pod Identity gives it to them by an association in the region's cluster: docs/getting-started.md.
 * https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html
 */
const holderRole = (plan: Plan, stage: string, side: Side) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName: `${leaseTable(plan.plan, stage)}-${side}`,
    Description: `What continuity lease may do beside the application of the ${side} region`,
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'pods.eks.amazonaws.com' },
          Action: ['sts:AssumeRole', 'sts:TagSession'],
          Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        },
      ],
    },
    Policies: [
      {
        PolicyName: 'only',
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Action: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
              Resource: { 'Fn::GetAtt': ['LeaseTable', 'Arn'] },
              Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [plan.plan] } },
            },
          ],
        },
      },
    ],
  },
});

/**
 * The application's right to write, held where neither region can take it along: one item a plan, written on conditions, never deleted. Both
 * directions share the one table; the witness stack of the declared direction has it.
 */
export const leaseResources = (plan: Plan, stage: string) =>
  isReturn(plan)
    ? {}
    : {
        LeaseTable: {
          Type: 'AWS::DynamoDB::Table',
          DeletionPolicy: 'Retain',
          UpdateReplacePolicy: 'Retain',
          Properties: {
            TableName: leaseTable(plan.plan, stage),
            BillingMode: 'PAY_PER_REQUEST',
            AttributeDefinitions: [{ AttributeName: 'plan', AttributeType: 'S' }],
            KeySchema: [{ AttributeName: 'plan', KeyType: 'HASH' }],
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
            SSESpecification: { SSEEnabled: true },
            DeletionProtectionEnabled: true,
          },
        },
        PrimaryLeaseRole: holderRole(plan, stage, 'primary'),
        StandbyLeaseRole: holderRole(plan, stage, 'standby'),
      };
