import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { expect, it } from 'vitest';
import { stackRef } from '#test/support/lab-ports.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: mail and webhooks refuse everything, and SNS itself fails for the first notice, when region A is killed.
 *
 * Proves:
 * 1. The recovery succeeds, and no step of it waits for a message: it has ended before the last message is given up.
 * 2. The notice that SNS did not take is on record with its error; those after it were handed over all the same, start to end.
 * 3. What SNS took and could not deliver is in the dead-letter queue, whole: one message for each notice and receiver, and none is lost.
 * 4. Nobody got anything; the alarm on dead notices went off.
 */
const scenario = useScenarioLab();

/** As often as the SDK tries one call. */
const TRIES = 3;

it(
  'notifier-down',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    const region = plan.regions.standby;
    const topic = stackRef(lab, 'NoticeTopic');
    const { cloud, world } = lab;
    const dead = cloud.queues.queues().find(({ name }) => name.endsWith('-notices-dead'))?.arn ?? '';
    const { host, port } = lab.addresses.site.webhook;
    await new SNSClient({ region }).send(
      new SubscribeCommand({
        TopicArn: topic,
        Protocol: 'http',
        Endpoint: `http://${host}:${port}/hook`,
        Attributes: { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead }) },
      }),
    );
    await waitFor('the webhook to be subscribed', () => world.webhook.requests.length > 0);

    await lab.faults.break('mute-notices', {});
    const got = () => [world.smtp.mails.length, world.webhook.requests.length];
    const before = got();
    cloud.door.faults.inject({
      service: 'sns',
      operation: 'Publish',
      count: TRIES,
      effect: { kind: 'error', status: 503 },
    });
    await at.killRegion('primary');
    const recovery = await at.recoveryOf();

    // 1
    expect(recovery).toMatchObject({ status: 'SUCCEEDED', error: null });
    const endedAt = Date.parse(recovery.stoppedAt ?? '');

    // 2
    const notices = await waitFor(
      'the end to be told',
      async () => {
        const found = (await at.record(recovery.arn)).filter(({ kind }) => kind === 'notice');
        return found.some(({ state }) => state === 'PublishOutcome') ? found : undefined;
      },
      { withinMs: 20_000 },
    );
    const [first, ...others] = notices;
    expect(first).toMatchObject({ state: 'AcceptRequest', error: { name: 'NoticeNotSentError' } });
    expect(others.length).toBeGreaterThanOrEqual(5);
    expect(others.filter(({ error }) => error !== undefined)).toEqual([]);

    // 3
    const receivers = new Set(plan.contacts.map(({ email }) => email)).size + 1;
    const handedOver = others.map(({ result }) => (result as { messageId: string }).messageId);
    // The alarm on the dead letters is announced on the same topic, and cannot be delivered either: its message is not one of the run's.
    const lettersOfRun = () =>
      cloud.queues
        .messages(dead)
        .map(({ body, sentAt }) => ({ id: (JSON.parse(body) as { MessageId: string }).MessageId, sentAt }))
        .filter(({ id }) => handedOver.includes(id));
    const letters = await waitFor(
      'every message to be given up',
      () => (lettersOfRun().length >= handedOver.length * receivers ? lettersOfRun() : undefined),
      { withinMs: 20_000 },
    );
    const expected = handedOver.flatMap((id) => Array.from({ length: receivers }, () => id));
    expect(letters.map(({ id }) => id).sort()).toEqual(expected.sort());
    expect(Math.max(...letters.map(({ sentAt }) => sentAt))).toBeGreaterThan(endedAt);

    // 4
    expect(got()).toEqual(before);
    await waitFor('the alarm on dead notices', () =>
      cloud.regions
        .get(region)
        ?.cloudwatch.describeAlarms()
        .some(({ AlarmName, StateValue }) => AlarmName?.endsWith('-dead-notices') && StateValue === 'ALARM'),
    );
    expect(await ports.incidents.current(plan.plan)).toBeNull();

    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
