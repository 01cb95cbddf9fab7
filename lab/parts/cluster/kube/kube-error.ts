/** A refusal of the API server. `reason` and `code` are what clients match on (`IsNotFound`, `IsConflict`, ...). */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly code: number;
  readonly reason: string;
  readonly details: Readonly<Record<string, unknown>>;
  constructor(code: number, reason: string, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }
}

const named = (group: string, plural: string): string => (group ? `${plural}.${group}` : plural);

export const notFound = (group: string, plural: string, name: string): KubeError =>
  new KubeError(404, 'NotFound', `${named(group, plural)} "${name}" not found`, { name, group, kind: plural });

export const noSuchPath = (): KubeError =>
  new KubeError(404, 'NotFound', 'the server could not find the requested resource');

export const alreadyExists = (group: string, plural: string, name: string): KubeError =>
  new KubeError(409, 'AlreadyExists', `${named(group, plural)} "${name}" already exists`, {
    name,
    group,
    kind: plural,
  });

export const conflict = (group: string, plural: string, name: string): KubeError =>
  new KubeError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${named(group, plural)} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
    { name, group, kind: plural },
  );

export const invalid = (kind: string, name: string, field: string, problem: string): KubeError =>
  new KubeError(422, 'Invalid', `${kind} "${name}" is invalid: ${field}: ${problem}`, {
    name,
    kind,
    causes: [{ reason: 'FieldValueInvalid', message: problem, field }],
  });

export const badRequest = (message: string): KubeError => new KubeError(400, 'BadRequest', message);

export const methodNotAllowed = (): KubeError =>
  new KubeError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
export const statusOf = (error: KubeError): Record<string, unknown> => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: error.message,
  reason: error.reason,
  details: error.details,
  code: error.code,
});
