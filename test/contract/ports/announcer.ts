import { describe, expect, it } from 'vitest';
import { announcer } from '#src/composition.ts';
import type { ContractCloud } from '#test/support/contract-cloud.ts';

const notice = {
  subject: 'INC-2026-1123-001: traffic moved',
  text: 'Traffic goes to us-west-2.',
  attributes: { kind: 'milestone', incident: 'INC-2026-1123-001', plan: 'svg-ai', severity: '1' },
};

export const describeAnnouncer = (at: () => ContractCloud) =>
  describe('announcer', () => {
    it('hands a notice over and gives its id', async () => {
      await expect(at().ports.announcer.announce(notice)).resolves.toMatch(/\S+/);
    });

    it('says so when the topic does not take it', async () => {
      const arn = at().environment.NOTICE_TOPIC_ARN ?? '';
      const wrong = announcer.create({ NOTICE_TOPIC_ARN: `${arn}-gone` }, at().plan);
      await expect(wrong.announce(notice)).rejects.toMatchObject({ name: 'NoticeNotSentError', retryable: true });
    });
  });
