import { describe, expect, test } from 'vitest';
import { fill, placeholdersOf, type TemplateFacts } from '#domain/template-fields.ts';
import { composeMessage, type MessageInput, recordedDataLoss } from '#domain/templates.ts';
import { at, examplePlan, incident, recovery } from './support.ts';

const plan = examplePlan();
const input = (more: Partial<MessageInput> = {}): MessageInput => ({
  plan,
  execution: 'arn:run',
  incident,
  entries: recovery('ClaimRecovery'),
  failure: null,
  now: at(1_000),
  ...more,
});

describe('templates', () => {
  test("the first notice is the plan's, with the facts in it", () => {
    const { subject, text, attributes } = composeMessage('start', input());
    expect(subject).toBe('INCIDENT ALERT - Severity 1 (Critical) - SVG-AI Parameter Optimization System');
    expect(text).toContain('Incident ID: INC-2026-1123-001\nStart Time: 2026-11-23T10:00:00.000Z\n');
    expect(text).toContain('Status: Investigating');
    expect(text).toContain('Next Update: 2026-11-23T10:30:01.000Z\nIncident Commander: John Doe');
    expect(attributes).toEqual({ kind: 'start', incident: incident.id, plan: 'svg-ai', severity: '1' });
  });

  test('progress names the milestone, what is done and what follows', () => {
    const { subject, text } = composeMessage(
      'promoted',
      input({ entries: recovery('ScaleUpWorkloads'), now: at(60_000), timeScale: 60 }),
    );
    expect(subject).toBe('INCIDENT UPDATE - INC-2026-1123-001 - promoted');
    expect(text).toContain('Time Elapsed: 1 m (of the RTO 3h left)');
    expect(text).toContain('- promote the replica\n- confirm the promotion\n');
    expect(text).toContain('Next Steps:\n- scale up the workloads\n');
  });

  test('the end is the resolution when it recovered', () => {
    const entries = recovery().map((entry) =>
      entry.state === 'CheckGuards' && entry.kind === 'left'
        ? { ...entry, result: { dataLoss: { atMostSeconds: 0.25, missingBytes: 64, bounds: [] } } }
        : entry,
    );
    expect(recordedDataLoss(entries)?.atMostSeconds).toBe(0.25);
    const { subject, text } = composeMessage('end', input({ entries, now: at(5_000) }));
    expect(subject).toBe('INCIDENT RESOLVED - INC-2026-1123-001');
    expect(text).toContain('works again, in us-west-2');
    expect(text).toContain('after 2.19 s');
    expect(text).toContain(
      'Data Loss: writes of at most the last 250 ms that the primary took; 64 bytes of log known to be missing',
    );
    expect(text).toContain('Revenue Loss: 0.61 USD');
  });

  test('the end is the failure when it did not, with what was not done and whom to call', () => {
    const failure = { state: 'VerifyStandby', error: 'VerificationFailedError', cause: 'read gave 503' };
    const { text } = composeMessage('end', input({ entries: recovery('VerifyStandby'), failure }));
    expect(text).toContain('Error: VerificationFailedError in VerifyStandby: read gave 503');
    expect(text).toContain('Not Done:\n- verify the standby\n- shift the traffic\n');
    expect(text).toContain('Incident Commander: John Doe, +1-555-0101');
    expect(text).not.toMatch(/\{\{|undefined|null|NaN/);
  });

  test('a recovery that nobody outside confirmed is told as that, and not as a service that is down', () => {
    const failure = { state: 'VerifyTraffic', error: 'NotConfirmedError', cause: 'the third site is silent' };
    const { text } = composeMessage('end', input({ entries: recovery('VerifyTraffic'), failure }));
    expect(text).toContain(
      'Current Status: Traffic was moved and is served by us-west-2 as seen from there; not confirmed from outside',
    );
    expect(text).toContain('Not Done:\n- verify from outside\n\n');
    expect(text).toContain('look from outside whether clients arrive');
    expect(text).not.toMatch(/stopped before its end|fail or are not answered/);
  });

  test('no subject is longer than SNS takes', () => {
    const long = { ...plan, title: 'x'.repeat(300) };
    expect(composeMessage('start', input({ plan: long })).subject).toHaveLength(100);
  });
});

describe('placeholders', () => {
  const facts = { incident: '{{severity}} $& $1', actionsTaken: ['a', 'b'], notDone: [] } as unknown as TemplateFacts;

  test('are found and filled once: a fact is never read as a placeholder', () => {
    expect(placeholdersOf('{{incident}} {{ actionsTaken }} {{}}')).toEqual(['incident', 'actionsTaken', '']);
    expect(fill('{{ incident }}!', facts)).toBe('{{severity}} $& $1!');
    expect(fill('{{actionsTaken}}/{{notDone}}', facts)).toBe('- a\n- b/- none');
  });

  test.each(['{{nothing}}', '{{constructor}}', '{{}}'])('%s is an error', (text) => {
    expect(() => fill(text, facts)).toThrow('is not a field of a template');
  });
});
