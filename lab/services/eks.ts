import * as schemas from '@aws-sdk/client-eks';
import { ACCOUNT, type Call, type LabService, ServiceFault } from '#lab/contract.ts';

/** What this service has to know of a cluster; a `Cluster` of lab/parts/cluster fits. */
export interface EksCluster {
  readonly name: string;
  readonly region: string;
  readonly endpoint: string;
  readonly caData: string;
}

export interface EksDependencies {
  /** Asked at each call: a region that was killed and healed has a new authority. */
  readonly clusters: () => readonly EksCluster[];
}

export interface EksService {
  readonly service: LabService;
}

/** The Kubernetes version that the lab's API reports. */
const KUBERNETES_VERSION = '1.32';
const MAX_RESULTS = 100;

const arnOf = ({ name, region }: EksCluster): string => `arn:aws:eks:${region}:${ACCOUNT}:cluster/${name}`;

/**
 * EKS's control plane. It answers for a cluster that is dead as well, as AWS does: ACTIVE says nothing of its API's health.
 * https://docs.aws.amazon.com/eks/latest/APIReference/API_DescribeCluster.html
 */
export const createEksService = ({ clusters }: EksDependencies): EksService => {
  const createdAt = new Date();
  const inRegion = ({ region }: Call): EksCluster[] => clusters().filter((cluster) => cluster.region === region);

  const describeCluster = (input: schemas.DescribeClusterRequest, call: Call): schemas.DescribeClusterResponse => {
    const found = inRegion(call).find(({ name }) => name === input.name);
    if (!found) {
      const members = { clusterName: input.name };
      throw new ServiceFault('ResourceNotFoundException', `No cluster found for name: ${input.name}.`, {
        members,
        status: 404,
      });
    }
    const { name, endpoint, caData } = found;
    return {
      cluster: {
        name,
        arn: arnOf(found),
        createdAt,
        version: KUBERNETES_VERSION,
        platformVersion: 'eks.1',
        endpoint,
        roleArn: `arn:aws:iam::${ACCOUNT}:role/eks-cluster`,
        status: 'ACTIVE',
        certificateAuthority: { data: caData },
        accessConfig: { authenticationMode: 'API' },
        tags: {},
      },
    };
  };

  const listClusters = (input: schemas.ListClustersRequest, call: Call): schemas.ListClustersResponse => {
    const names = inRegion(call)
      .map(({ name }) => name)
      .sort();
    const from = input.nextToken === undefined ? 0 : Number(input.nextToken);
    if (!Number.isInteger(from) || from < 0) {
      throw new ServiceFault('InvalidParameterException', `nextToken ${input.nextToken} is not valid`);
    }
    const to = from + Math.min(input.maxResults ?? MAX_RESULTS, MAX_RESULTS);
    return { clusters: names.slice(from, to), ...(to < names.length ? { nextToken: String(to) } : {}) };
  };

  return {
    service: { name: 'eks', schemas, operations: { DescribeCluster: describeCluster, ListClusters: listClusters } },
  };
};
