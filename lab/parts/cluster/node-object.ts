import type { KubeObject } from './kube/types.ts';

/** What one small machine can carry; more are wanted than started, as on a cluster whose nodes are full. */
export const MAX_PODS = 40;

export const nodeName = (region: string): string => `node-1.${region}`;

/** The one node of a region's cluster. */
export const nodeOf = (region: string): KubeObject => {
  const has = { cpu: '16', memory: '32Gi', pods: String(MAX_PODS) };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: nodeName(region), labels: { 'topology.kubernetes.io/region': region } },
    spec: {},
    status: {
      capacity: has,
      allocatable: has,
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
    },
  };
};
