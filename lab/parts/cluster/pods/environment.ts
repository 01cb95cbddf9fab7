import type { ConfigMap, Container, EnvVar, Pod } from '../kube/types.ts';

export interface EnvironmentSources {
  configMap(namespace: string, name: string): ConfigMap | undefined;
  secret(namespace: string, name: string): Readonly<Record<string, string>> | undefined;
}

const fieldOf = (pod: Pod, path: string): string | undefined => {
  const { metadata, spec } = pod;
  const fields: Record<string, string | undefined> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'spec.nodeName': spec.nodeName,
    'status.podIP': pod.status?.podIP,
  };
  return fields[path];
};

const resolvedValue = (variable: EnvVar, pod: Pod, sources: EnvironmentSources): string | undefined => {
  const { value, valueFrom } = variable;
  if (!valueFrom) return value ?? '';
  const namespace = pod.metadata.namespace ?? '';
  const { configMapKeyRef, secretKeyRef, fieldRef } = valueFrom;
  if (fieldRef) return fieldOf(pod, fieldRef.fieldPath);
  const ref = configMapKeyRef ?? secretKeyRef;
  if (!ref) return undefined;
  const kind = configMapKeyRef ? 'configmap' : 'secret';
  const data = configMapKeyRef ? sources.configMap(namespace, ref.name)?.data : sources.secret(namespace, ref.name);
  const found = data?.[ref.key];
  if (found === undefined && !ref.optional) {
    throw new Error(
      data ? `couldn't find key ${ref.key} in ${kind} ${namespace}/${ref.name}` : `${kind} "${ref.name}" not found`,
    );
  }
  return found;
};

/**
 * A container's environment, resolved when it starts: a changed ConfigMap reaches running processes only by a restart.
 * @throws Error that names what is missing (`CreateContainerConfigError` on Kubernetes).
 */
export const environmentOf = (container: Container, pod: Pod, sources: EnvironmentSources): Record<string, string> => {
  const values = (container.env ?? []).map((variable): [string, string | undefined] => [
    variable.name,
    resolvedValue(variable, pod, sources),
  ]);
  return Object.fromEntries(values.filter((pair): pair is [string, string] => pair[1] !== undefined));
};
