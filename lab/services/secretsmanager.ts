import { randomBytes, randomUUID } from 'node:crypto';
import * as schemas from '@aws-sdk/client-secrets-manager';
import { ACCOUNT, type Call, type LabService, ServiceFault } from '#lab/contract.ts';

interface SecretVersion {
  readonly id: string;
  readonly createdAt: Date;
  readonly value: { readonly SecretString?: string | undefined; readonly SecretBinary?: Uint8Array | undefined };
  stages: string[];
}

interface Secret {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly description: string | undefined;
  readonly createdAt: Date;
  /** Oldest first. */
  readonly versions: SecretVersion[];
  accessedAt: Date | undefined;
}

export interface SecretsManagerService {
  readonly service: LabService;
  /** Makes a secret and returns its ARN. */
  createSecret(secret: { region: string; name: string; value: string; description?: string }): string;
  /** Whole ARN of a secret, named in any way that AWS takes. */
  arnOf(region: string, id: string): string | undefined;
}

const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';

/** Secrets Manager in memory, per region. The newest value is AWSCURRENT, the one before it AWSPREVIOUS. */
export const createSecretsManagerService = (): SecretsManagerService => {
  const secrets: Secret[] = [];

  /** By name, whole ARN, or ARN without the six characters at its end, as AWS takes them. */
  const lookUp = (wanted: string | undefined, region: string): Secret | undefined =>
    secrets.find(
      (secret) =>
        secret.region === region &&
        wanted !== undefined &&
        [secret.name, secret.arn, secret.arn.slice(0, -7)].includes(wanted),
    );

  const find = (wanted: string | undefined, { region }: Pick<Call, 'region'>): Secret => {
    const found = lookUp(wanted, region);
    if (found === undefined)
      throw new ServiceFault('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    return found;
  };

  const addVersion = (
    secret: Secret,
    value: SecretVersion['value'],
    { id = randomUUID(), stages = [CURRENT] }: { id?: string | undefined; stages?: string[] | undefined } = {},
  ): SecretVersion => {
    if ((value.SecretString === undefined) === (value.SecretBinary === undefined)) {
      throw new ServiceFault('InvalidRequestException', 'You must provide either SecretString or SecretBinary.');
    }
    const before = secret.versions.find((version) => version.stages.includes(CURRENT));
    const repeated = secret.versions.find((version) => version.id === id);
    if (repeated !== undefined) {
      if (JSON.stringify(repeated.value) === JSON.stringify(value)) return repeated;
      throw new ServiceFault('ResourceExistsException', `You can't modify the value of the existing version ${id}.`);
    }
    for (const version of secret.versions) {
      version.stages = version.stages.filter(
        (stage) => !stages.includes(stage) && !(stages.includes(CURRENT) && stage === PREVIOUS),
      );
    }
    if (stages.includes(CURRENT)) before?.stages.push(PREVIOUS);
    const version: SecretVersion = { id, createdAt: new Date(), value, stages: [...stages] };
    secret.versions.push(version);
    return version;
  };

  const add = (name: string, region: string, description: string | undefined): Secret => {
    if (secrets.some((secret) => secret.region === region && secret.name === name)) {
      throw new ServiceFault(
        'ResourceExistsException',
        `The operation failed because the secret ${name} already exists.`,
      );
    }
    const suffix = randomBytes(5).toString('base64').replace(/[+/=]/g, 'x').slice(0, 6);
    const arn = `arn:aws:secretsmanager:${region}:${ACCOUNT}:secret:${name}-${suffix}`;
    const secret: Secret = {
      name,
      arn,
      region,
      description,
      createdAt: new Date(),
      versions: [],
      accessedAt: undefined,
    };
    secrets.push(secret);
    return secret;
  };

  const stagesOf = (secret: Secret): Record<string, string[]> =>
    Object.fromEntries(
      secret.versions.filter(({ stages }) => stages.length > 0).map(({ id, stages }) => [id, [...stages]]),
    );

  const summary = (secret: Secret) => ({
    ARN: secret.arn,
    Name: secret.name,
    Description: secret.description,
    CreatedDate: secret.createdAt,
    LastChangedDate: secret.versions.at(-1)?.createdAt,
    LastAccessedDate: secret.accessedAt,
  });

  const operations = {
    GetSecretValue(input: schemas.GetSecretValueRequest, call: Call) {
      const secret = find(input.SecretId, call);
      const stage = input.VersionStage ?? (input.VersionId === undefined ? CURRENT : undefined);
      const version = secret.versions.find(
        ({ id, stages }) => (input.VersionId ?? id) === id && (stage === undefined || stages.includes(stage)),
      );
      if (version === undefined) {
        const wanted = stage === undefined ? `VersionId: ${input.VersionId}` : `staging label: ${stage}`;
        throw new ServiceFault(
          'ResourceNotFoundException',
          `Secrets Manager can't find the specified secret value for ${wanted}`,
        );
      }
      secret.accessedAt = new Date(call.at);
      const common = { ARN: secret.arn, Name: secret.name, VersionId: version.id, VersionStages: [...version.stages] };
      return { ...common, ...version.value, CreatedDate: version.createdAt };
    },
    DescribeSecret(input: schemas.DescribeSecretRequest, call: Call) {
      const secret = find(input.SecretId, call);
      return { ...summary(secret), VersionIdsToStages: stagesOf(secret) };
    },
    PutSecretValue(input: schemas.PutSecretValueRequest, call: Call) {
      const secret = find(input.SecretId, call);
      const { SecretString, SecretBinary, ClientRequestToken: id, VersionStages: stages } = input;
      const version = addVersion(secret, { SecretString, SecretBinary }, { id, stages });
      return { ARN: secret.arn, Name: secret.name, VersionId: version.id, VersionStages: [...version.stages] };
    },
    CreateSecret(input: schemas.CreateSecretRequest, call: Call) {
      if (input.Name === undefined) throw new ServiceFault('InvalidParameterException', 'You must provide a name.');
      const secret = add(input.Name, call.region, input.Description);
      const { SecretString, SecretBinary, ClientRequestToken: id } = input;
      if (SecretString === undefined && SecretBinary === undefined) return { ARN: secret.arn, Name: secret.name };
      return {
        ARN: secret.arn,
        Name: secret.name,
        VersionId: addVersion(secret, { SecretString, SecretBinary }, { id }).id,
      };
    },
    ListSecrets(input: schemas.ListSecretsRequest, call: Call) {
      const mine = secrets.filter((secret) => secret.region === call.region);
      const start = input.NextToken === undefined ? 0 : Number(input.NextToken);
      if (!Number.isInteger(start))
        throw new ServiceFault('InvalidNextTokenException', 'The NextToken value is invalid.');
      const end = start + (input.MaxResults ?? 100);
      return {
        SecretList: mine
          .slice(start, end)
          .map((secret) => ({ ...summary(secret), SecretVersionsToStages: stagesOf(secret) })),
        NextToken: end < mine.length ? String(end) : undefined,
      };
    },
  };

  return {
    service: { name: 'secretsmanager', schemas, operations },
    arnOf: (region, id) => lookUp(id, region)?.arn,
    createSecret({ region, name, value, description }) {
      const secret = add(name, region, description);
      addVersion(secret, { SecretString: value });
      return secret.arn;
    },
  };
};
