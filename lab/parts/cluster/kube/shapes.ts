import * as z from 'zod';
import { badRequest, invalid } from './kube-error.ts';
import { AUTOSCALERS, CONFIG_MAPS, DEPLOYMENTS, groupVersion, type Resource, SERVICES } from './resources.ts';
import type { KubeObject } from './types.ts';

/** What the controller, the load balancer and the tables read has to have its type; everything else may be anything. */
const texts = z.record(z.string(), z.string());
const count = z.int().min(0);
const intOrPercent = z.union([count, z.string().regex(/^\d+%$/)]);
const keyRef = z.looseObject({ name: z.string(), key: z.string(), optional: z.boolean().optional() });

const metadata = z.looseObject({
  name: z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, 'a lowercase RFC 1123 subdomain'),
  namespace: z.string().optional(),
  resourceVersion: z.string().optional(),
  labels: texts.optional(),
  annotations: texts.optional(),
  ownerReferences: z.array(z.looseObject({ uid: z.string() })).optional(),
});

const variable = z.looseObject({
  name: z.string().regex(/^[^=\0]+$/),
  value: z.string().optional(),
  valueFrom: z
    .looseObject({
      configMapKeyRef: keyRef.optional(),
      secretKeyRef: keyRef.optional(),
      fieldRef: z.looseObject({ fieldPath: z.string() }).optional(),
    })
    .optional(),
});

const container = z.looseObject({
  name: z.string().min(1),
  image: z.string().optional(),
  env: z.array(variable).optional(),
  ports: z.array(z.looseObject({ containerPort: z.int().min(1).max(65_535) })).optional(),
  readinessProbe: z
    .looseObject({
      httpGet: z.looseObject({ path: z.string().startsWith('/').optional() }).optional(),
      periodSeconds: z.int().min(1).optional(),
      failureThreshold: z.int().min(1).optional(),
    })
    .optional(),
});

const deployment = z.looseObject({
  replicas: count.optional(),
  paused: z.boolean().optional(),
  selector: z.looseObject({ matchLabels: texts }),
  strategy: z
    .looseObject({
      type: z.enum(['RollingUpdate', 'Recreate']).optional(),
      rollingUpdate: z
        .looseObject({ maxSurge: intOrPercent.optional(), maxUnavailable: intOrPercent.optional() })
        .optional(),
    })
    .optional(),
  template: z.looseObject({
    metadata: z.looseObject({ labels: texts.optional(), annotations: texts.optional() }).optional(),
    spec: z.looseObject({
      containers: z.array(container).min(1),
      terminationGracePeriodSeconds: count.optional(),
    }),
  }),
});

const cpuMetric = z.looseObject({
  type: z.literal('Resource', { error: 'this cluster measures the CPU of pods: type Resource, resource cpu' }),
  resource: z.looseObject({
    name: z.literal('cpu', { error: 'this cluster measures cpu only' }),
    target: z.looseObject({ type: z.literal('Utilization'), averageUtilization: z.int().min(1) }),
  }),
});

const autoscaler = z
  .looseObject({
    scaleTargetRef: z.looseObject({ kind: z.literal('Deployment'), name: z.string().min(1) }),
    minReplicas: z.int().min(1).optional(),
    maxReplicas: z.int().min(1),
    metrics: z.array(cpuMetric).max(1).optional(),
    behavior: z
      .looseObject({
        scaleDown: z
          .looseObject({ stabilizationWindowSeconds: count.max(3_600).optional(), selectPolicy: z.string().optional() })
          .optional(),
      })
      .optional(),
  })
  .refine(({ minReplicas = 1, maxReplicas }) => maxReplicas >= minReplicas, {
    path: ['maxReplicas'],
    error: 'must be greater than or equal to `minReplicas`',
  });

const status = z.looseObject({
  conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).optional(),
});

const base = z.looseObject({ metadata, status: status.optional() });
const SHAPES = new Map<Resource, z.ZodType>([
  [CONFIG_MAPS, base.extend({ data: texts.optional() })],
  [DEPLOYMENTS, base.extend({ spec: deployment })],
  [AUTOSCALERS, base.extend({ spec: autoscaler })],
  [
    SERVICES,
    base.extend({ spec: z.looseObject({ type: z.string().optional(), selector: texts.optional() }).optional() }),
  ],
]);

/** A member that is null is one that is not there. */
const withoutNulls = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member)]));
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws KubeError 400 for what is no object of this kind, 422 with the first member that has the wrong type. */
export const checkShape = (resource: Resource, value: unknown): KubeObject => {
  if (!isObject(value)) throw badRequest('the object provided is unrecognized: not an object');
  const object = withoutNulls(value) as Record<string, unknown>;
  if (object.kind !== undefined && object.kind !== resource.kind) {
    throw badRequest(`the object provided is a ${object.kind}, not a ${resource.kind}`);
  }
  const { success, error } = (SHAPES.get(resource) ?? base).safeParse(object);
  if (!success) {
    const [issue] = error.issues;
    const name = isObject(object.metadata) ? String(object.metadata.name ?? '') : '';
    const kind = resource.group ? `${resource.kind}.${resource.group}` : resource.kind;
    throw invalid(kind, name, issue?.path.join('.') ?? '', issue?.message ?? 'invalid');
  }
  return { ...object, kind: resource.kind, apiVersion: groupVersion(resource) } as KubeObject;
};
