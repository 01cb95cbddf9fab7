import { describe, expect, it } from 'vitest';
import { verifyChain } from '#domain/ledger-chain.ts';
import type { NewTransition } from '#domain/transition.ts';
import type { ContractCloud } from '#test/support/contract-cloud.ts';

const entry = (execution: string, more: Partial<NewTransition> = {}): NewTransition => ({
  execution,
  plan: 'svg-ai',
  incident: null,
  state: 'FencePrimary',
  kind: 'entered',
  at: '2026-11-23T23:35:07.123Z',
  attempt: 0,
  actor: 'person',
  inputDigest: 'ab'.repeat(32),
  ...more,
});

export const describeLedger = (at: () => ContractCloud) =>
  describe('ledger', () => {
    it('gives entries numbers with no gap and an intact chain', async () => {
      const { ledger } = at().ports;
      const execution = `arn:${at().freshId()}`;
      const result = { lag: 0.25, empty: '', list: [1, null, { deep: true }] };
      const error = { name: 'UnreachableError', message: 'away' };
      const written = [
        await ledger.append(entry(execution)),
        await ledger.append(entry(execution, { kind: 'left', result })),
        await ledger.append(entry(execution, { kind: 'failed', error, incident: 'INC-2026-1123-001' })),
      ];
      const read = await ledger.read(execution);
      expect(read).toEqual(written);
      expect(read.map(({ seq }) => seq)).toEqual([1, 2, 3]);
      expect(verifyChain(read)).toMatchObject({ intact: true, entries: 3 });
    });

    it('knows nothing of an execution that wrote nothing', async () => {
      await expect(at().ports.ledger.read(`arn:${at().freshId()}`)).resolves.toEqual([]);
    });

    it('lets writers race: each entry is there once, the chain is intact', async () => {
      const execution = `arn:${at().freshId()}`;
      // Two makings of the port know as little of one another as two functions do.
      const writers = [at().portsFor(at().plan).ledger, at().portsFor(at().plan).ledger, at().ports.ledger];
      await Promise.all(
        writers.flatMap((ledger, writer) =>
          [0, 1, 2].map((n) => ledger.append(entry(execution, { state: `Writer${writer}`, attempt: n }))),
        ),
      );
      const read = await at().ports.ledger.read(execution);
      expect(verifyChain(read)).toMatchObject({ intact: true, entries: 9 });
      expect(new Set(read.map(({ state, attempt }) => `${state} ${attempt}`)).size).toBe(9);
    });

    it('writes an entry once when the answer is lost', async () => {
      const { ledger } = at().ports;
      const execution = `arn:${at().freshId()}`;
      const { faults } = at();
      const fault = faults.inject({ operation: 'PutItem', count: 2, effect: { kind: 'lose-answer' } });
      try {
        await ledger.append(entry(execution));
      } finally {
        fault.remove();
      }
      expect(fault.hits).toBeGreaterThan(0);
      await expect(ledger.read(execution)).resolves.toHaveLength(1);
    });

    it('rehearses an entry and writes none', async () => {
      const { ledger } = at().ports;
      const execution = `arn:${at().freshId()}`;
      await ledger.append(entry(execution));
      await ledger.rehearse(entry(execution));
      await expect(ledger.read(execution)).resolves.toHaveLength(1);
    });

    it('finds the end that another writer made after it was prepared', async () => {
      const { ledger: one } = at().ports;
      const { ledger: other } = at().portsFor(at().plan);
      const execution = `arn:${at().freshId()}`;
      one.prepare(execution);
      await other.append(entry(execution));
      await one.append(entry(execution, { kind: 'left' }));
      await other.append(entry(execution, { state: 'Next' }));
      expect(verifyChain(await one.read(execution))).toMatchObject({ intact: true, entries: 3 });
    });

    it('says so, retryably, when the table does not take it', async () => {
      const { faults } = at();
      const fault = faults.inject({ service: 'dynamodb', effect: { kind: 'error', status: 503 } });
      try {
        await expect(at().ports.ledger.append(entry(`arn:${at().freshId()}`))).rejects.toMatchObject({
          name: 'LedgerUnavailableError',
          retryable: true,
        });
      } finally {
        fault.remove();
      }
    });
  });
