import { kubernetesApi } from '#aws/kubernetes-api.ts';
import type { ScenarioLab } from './scenario-lab.ts';

/** What the application in the standby region reads as it starts, as a person changes it. */
export const standbyConfig = ({ lab, plan }: ScenarioLab) => {
  const { endpoint, caData, token } = lab.world.clusters.standby;
  const ca = Buffer.from(caData, 'base64').toString('utf8');
  const api = kubernetesApi(async () => ({ endpoint, ca, token: async () => token }), 5_000);
  const path = `/api/v1/namespaces/${plan.workloads.namespace}/configmaps/${plan.workloads.databaseConfig.configMap}`;
  const put = (key: string, value: string) => api.patch(path, { data: { [key]: value } });
  return {
    /** Each replica that starts from now on ends as it starts. */
    spoil: () => put('user', ''),
    correct: () => put('user', 'svg_ai_app'),
  };
};
