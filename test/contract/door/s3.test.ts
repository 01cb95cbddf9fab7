import * as s3 from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { labAddresses } from '#lab/addresses.ts';
import { ServiceFault } from '#lab/contract.ts';
import { createDoor } from '#lab/door/door.ts';
import { AWS, asCaller, aws, hasCommand } from '#test/contract/door/clients.ts';

const hasAws = await hasCommand(AWS, ['--version']);
const objects = new Map<string, s3.PutObjectCommandInput>();
const door = createDoor({ address: labAddresses(24).site.door });
door.mount({
  name: 's3',
  schemas: s3,
  operations: {
    PutObject: (input: s3.PutObjectCommandInput) => {
      objects.set(`${input.Bucket}/${input.Key}`, input);
      return { ETag: '"e"' };
    },
    GetObject: (input: s3.GetObjectCommandInput) => {
      const found = objects.get(`${input.Bucket}/${input.Key}`);
      if (!found) throw new ServiceFault('NoSuchKey', 'The specified key does not exist.', { status: 404 });
      return {
        Body: found.Body,
        ContentType: found.ContentType,
        Metadata: found.Metadata,
        LastModified: new Date('2026-01-02T03:04:05Z'),
      };
    },
    ListObjectsV2: (input: s3.ListObjectsV2CommandInput) => ({
      Name: input.Bucket,
      KeyCount: objects.size,
      Contents: [...objects.values()].map(({ Key, Body }) => ({ Key, Size: (Body as Uint8Array).length })),
    }),
  },
});
const client = new s3.S3Client({ ...asCaller(door.url), forcePathStyle: true });
beforeAll(() => door.listen());
afterAll(() => door.stop());

test('objects go in and come out, with metadata and odd keys', async () => {
  const Key = 'reports/2026 é/report+1.json';
  await client.send(
    new s3.PutObjectCommand({
      Bucket: 'evidence',
      Key,
      Body: '{"ok":true}',
      ContentType: 'application/json',
      Metadata: { plan: 'orders' },
    }),
  );
  const got = await client.send(new s3.GetObjectCommand({ Bucket: 'evidence', Key }));
  expect(await got.Body?.transformToString()).toBe('{"ok":true}');
  expect(got).toMatchObject({
    ContentType: 'application/json',
    Metadata: { plan: 'orders' },
    LastModified: new Date('2026-01-02T03:04:05Z'),
  });
  expect((await client.send(new s3.ListObjectsV2Command({ Bucket: 'evidence' }))).Contents).toMatchObject([
    { Key, Size: 11 },
  ]);
  await expect(client.send(new s3.GetObjectCommand({ Bucket: 'evidence', Key: 'none' }))).rejects.toBeInstanceOf(
    s3.NoSuchKey,
  );
});

test.skipIf(!hasAws)('the AWS CLI puts and lists', { timeout: 120_000 }, async () => {
  const put = await aws(
    door.url,
    's3api',
    'put-object',
    '--bucket',
    'evidence',
    '--key',
    'cli.txt',
    '--body',
    'package.json',
  );
  expect(put).toMatchObject({ code: 0, stderr: '' });
  expect(Buffer.from(objects.get('evidence/cli.txt')?.Body as Uint8Array).toString()).toContain('"name": "continuity"');
  expect((await aws(door.url, 's3api', 'list-objects-v2', '--bucket', 'evidence')).stdout).toContain('cli.txt');
});
