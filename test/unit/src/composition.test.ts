import { expect, it } from 'vitest';
import { workloads } from '#src/composition.ts';
import { world } from '#test/support/fakes/world.ts';

it("a cluster's readiness asks for the rights to change it too", async () => {
  const { ports, plan } = world();
  await expect(workloads.touch?.(ports.workloads, plan)).resolves.toBeUndefined();
  ports.workloads.clusters.standby.rightsMissing = ['patch deployments'];
  await expect(workloads.touch?.(ports.workloads, plan)).rejects.toThrow(
    'svg-ai-west lacks rights: patch deployments (kubernetes/rights.yml has them)',
  );
});
