import {
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectRetentionCommand,
  PutObjectRetentionCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { evidence } from '#src/composition.ts';
import type { ContractCloud } from '#test/support/contract-cloud.ts';

const DAY_MS = 86_400_000;

export const describeEvidence = (at: () => ContractCloud) =>
  describe('evidence', () => {
    const key = () => `records/${at().freshId()}/run/000001-0123456789abcdef.json`;
    const until = () => new Date(Date.now() + DAY_MS).toISOString();
    const bucket = () => at().environment.EVIDENCE_BUCKET ?? '';
    const s3 = () => new S3Client({ region: at().plan.regions.standby });

    it('keeps a text once: the same key again stays as it is, and is no error', async () => {
      const Key = key();
      await expect(at().ports.evidence.keep(Key, '{"a":1}', until())).resolves.toBe(true);
      await expect(at().ports.evidence.keep(Key, '{"a":2}', until())).resolves.toBe(false);
      const { Body } = await s3().send(new GetObjectCommand({ Bucket: bucket(), Key }));
      expect(await Body?.transformToString()).toBe('{"a":1}');
    });

    it('is not deleted, nor is its time made shorter, before its day, by anybody', async () => {
      const Key = key();
      const day = until();
      await at().ports.evidence.keep(Key, '{}', day);
      const at1 = { Bucket: bucket(), Key };
      const { Retention } = await s3().send(new GetObjectRetentionCommand(at1));
      expect(Retention?.Mode).toBe('COMPLIANCE');
      expect(Math.abs(Number(Retention?.RetainUntilDate) - Date.parse(day))).toBeLessThan(1_000);
      const { VersionId } = await s3().send(new GetObjectCommand(at1));
      await expect(s3().send(new DeleteObjectCommand({ ...at1, VersionId }))).rejects.toThrow(/object lock/);
      const sooner = { Mode: 'COMPLIANCE' as const, RetainUntilDate: new Date(Date.now() + 1_000) };
      await expect(
        s3().send(new PutObjectRetentionCommand({ ...at1, Retention: sooner, BypassGovernanceRetention: true })),
      ).rejects.toThrow(/object lock/);
      // Without a version it is only hidden: the version is still there.
      await s3().send(new DeleteObjectCommand(at1));
      await expect(s3().send(new GetObjectCommand(at1))).rejects.toMatchObject({ name: 'NoSuchKey' });
      await expect(s3().send(new GetObjectCommand({ ...at1, VersionId }))).resolves.toMatchObject({ VersionId });
    });

    it('answers when it is looked at, and says when there is no such store', async () => {
      await expect(at().ports.evidence.check()).resolves.toBeUndefined();
      const gone = evidence.create({ EVIDENCE_BUCKET: 'no-such-bucket' }, at().plan);
      await expect(gone.check()).rejects.toMatchObject({ name: 'CallRefusedError' });
      await expect(gone.keep(key(), '{}', until())).rejects.toMatchObject({ name: 'CallRefusedError' });
    });
  });
