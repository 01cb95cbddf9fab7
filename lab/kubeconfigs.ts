import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Cluster } from '#lab/parts/cluster/create-cluster.ts';
import { NAMESPACE } from '#lab/parts/cluster/manifests.ts';

export interface KubeconfigFiles {
  readonly primary: string;
  readonly standby: string;
  /** Contexts `primary` and `standby`; the standby is the current one, as the region that a person works in after a failure. */
  readonly both: string;
}

/** Writes one KUBECONFIG per region, and one that holds both. */
export const kubeconfigs = async (
  folder: string,
  clusters: { readonly primary: Cluster; readonly standby: Cluster },
): Promise<KubeconfigFiles> => {
  const sides = ['primary', 'standby'] as const;
  const both = stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'standby',
    clusters: sides.map((name) => ({
      name,
      cluster: { server: clusters[name].endpoint, 'certificate-authority-data': clusters[name].caData },
    })),
    users: sides.map((name) => ({ name, user: { token: clusters[name].token } })),
    contexts: sides.map((name) => ({ name, context: { cluster: name, user: name, namespace: NAMESPACE } })),
  });
  const files = {
    primary: join(folder, 'kubeconfig-primary.yaml'),
    standby: join(folder, 'kubeconfig-standby.yaml'),
    both: join(folder, 'kubeconfig.yaml'),
  };
  await Promise.all([
    writeFile(files.primary, clusters.primary.kubeconfig(), { mode: 0o600 }),
    writeFile(files.standby, clusters.standby.kubeconfig(), { mode: 0o600 }),
    writeFile(files.both, both, { mode: 0o600 }),
  ]);
  return files;
};
