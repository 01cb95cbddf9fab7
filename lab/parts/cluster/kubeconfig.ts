import { stringify } from 'yaml';

export interface KubeconfigOptions {
  readonly name: string;
  readonly endpoint: string;
  /** Base64 of the authority's PEM. */
  readonly caData: string;
  readonly token: string;
  readonly namespace: string;
}

/** A KUBECONFIG for kubectl and any other client; several regions' files can be joined with `:`. */
export const kubeconfig = ({ name, endpoint, caData, token, namespace }: KubeconfigOptions): string =>
  stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server: endpoint, 'certificate-authority-data': caData } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
  });
