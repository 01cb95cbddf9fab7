import { describe, expect, it } from 'vitest';
import { createSecretsManagerService } from '#lab/services/secretsmanager.ts';
import { caller } from './call.ts';

describe('Secrets Manager', () => {
  const secrets = createSecretsManagerService();
  const arn = secrets.createSecret({ region: 'us-west-2', name: 'db/continuity', value: 'one', description: 'd' });
  const west = caller(secrets.service, 'us-west-2');
  const east = caller(secrets.service, 'us-east-1');

  it('gives the current value by name, ARN and partial ARN, in its region only', async () => {
    for (const SecretId of ['db/continuity', arn, arn.slice(0, -7)]) {
      expect(await west('GetSecretValue', { SecretId })).toMatchObject({
        ARN: arn,
        SecretString: 'one',
        VersionStages: ['AWSCURRENT'],
      });
    }
    await expect(east('GetSecretValue', { SecretId: 'db/continuity' })).rejects.toMatchObject({
      shape: 'ResourceNotFoundException',
    });
    await expect(west('GetSecretValue', { SecretId: 'nope' })).rejects.toThrow(
      "Secrets Manager can't find the specified secret.",
    );
  });

  it('keeps the value before the newest as AWSPREVIOUS, and repeats a put with the same token', async () => {
    const put = (SecretString: string, ClientRequestToken?: string) =>
      west<{ VersionId: string }>('PutSecretValue', { SecretId: arn, SecretString, ClientRequestToken });
    await put('two', 'token-2');
    expect((await put('two', 'token-2')).VersionId).toBe('token-2');
    await expect(put('other', 'token-2')).rejects.toMatchObject({ shape: 'ResourceExistsException' });
    const value = async (VersionStage?: string) =>
      (await west('GetSecretValue', { SecretId: arn, VersionStage })).SecretString;
    expect([await value(), await value('AWSPREVIOUS')]).toEqual(['two', 'one']);
    await put('three');
    expect([await value(), await value('AWSPREVIOUS')]).toEqual(['three', 'two']);
    const { VersionIdsToStages } = await west<{ VersionIdsToStages: object }>('DescribeSecret', { SecretId: arn });
    expect(Object.values(VersionIdsToStages).flat().sort()).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
    await expect(value('AWSPENDING')).rejects.toThrow(/staging label: AWSPENDING/);
  });

  it('creates and lists in pages', async () => {
    await west('CreateSecret', { Name: 'second', SecretBinary: new Uint8Array([1, 2]) });
    await expect(west('CreateSecret', { Name: 'second', SecretString: 'x' })).rejects.toMatchObject({
      shape: 'ResourceExistsException',
    });
    const page = await west<{ SecretList: { Name: string }[]; NextToken?: string }>('ListSecrets', { MaxResults: 1 });
    const rest = await west<{ SecretList: { Name: string }[]; NextToken?: string }>('ListSecrets', {
      NextToken: page.NextToken,
    });
    expect([...page.SecretList, ...rest.SecretList].map(({ Name }) => Name)).toEqual(['db/continuity', 'second']);
    expect(rest.NextToken).toBeUndefined();
  });
});
