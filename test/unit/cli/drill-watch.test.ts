import { describe, expect, it } from 'vitest';
import { type Watched, watchRecovery } from '#cli/drill/watch.ts';
import type { Executions } from '#ports/executions.ts';
import type { Ledger } from '#ports/ledger.ts';
import { at, recovery } from '#test/unit/domain/support.ts';
import { chained, EXECUTION } from './drill-run.ts';

const entries = chained(recovery());

/** The looks that are made, one after the other: what the record answers to each; the last one stays. */
const watching = (
  looks: readonly (() => ReturnType<Ledger['read']>)[],
  status: 'RUNNING' | 'FAILED',
  withinMs = 5_000,
) => {
  let made = 0;
  const summary = { arn: EXECUTION, name: 'run', status, startedAt: at(0), stoppedAt: null } as const;
  const about = { ...summary, input: null, output: null, error: status === 'FAILED' ? 'E' : null, cause: 'why' };
  const seen: Watched[] = [];
  const watched = watchRecovery({
    executions: { list: async () => [summary], describe: async () => about } as unknown as Executions,
    ledger: { read: async () => (looks[made++] ?? looks.at(-1))?.() ?? [] } as unknown as Ledger,
    machineArn: 'arn:machine',
    known: new Set(),
    withinMs,
    everyMs: 1,
    signal: new AbortController().signal,
    onChange: (now) => void seen.push(now),
  });
  return { watched, seen };
};

const answers = async () => entries;
const noAnswer = () => Promise.reject(new Error('no answer in 3000 ms'));

describe('watchRecovery', () => {
  it('goes on after a look that failed', async () => {
    const { watched, seen } = watching([noAnswer, answers], 'RUNNING', 100);
    expect(await watched).toMatchObject({ execution: EXECUTION, status: 'RUNNING', entries, unread: null });
    expect(seen[0]).toMatchObject({ unread: 'no answer in 3000 ms' });
  });

  it('gives what it saw before, and why it sees no more', async () => {
    const { watched } = watching([answers, noAnswer], 'RUNNING', 100);
    expect(await watched).toMatchObject({ entries, unread: 'no answer in 3000 ms' });
  });

  it('says what the execution says of its end', async () => {
    const ended = [...entries];
    const { watched } = watching([async () => ended], 'FAILED');
    expect(await watched).toMatchObject({ status: 'FAILED', failure: { error: 'E', cause: 'why' } });
  });
});
