import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Lab } from '#lab/lab.ts';
import { labSecrets, leaksInLogs } from '#test/support/lab-secrets.ts';
import { leaksIn } from '#test/support/secrets.ts';

const SECRET = 'p4ss/word of="it"';
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'continuity-secrets-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const log = (file: string, text: string): void => {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
};

describe('what every scenario looks for at its end', () => {
  it('finds a secret in the log of a function, and nowhere where it may be', () => {
    log('functions/us-west-2/FencePrimary.log', `{"message":"done"}\n{"error":${JSON.stringify(SECRET)}}\n`);
    log('functions/us-west-2/PromoteReplica.log', '{"message":"done"}\n');
    log('primary.log', `the server's own: ${SECRET}`);
    expect(leaksInLogs(folder, { password: SECRET })).toEqual(['us-west-2/FencePrimary.log: password, JSON']);
  });

  it('finds fault with a lab that has no logs', () => {
    expect(leaksInLogs(folder, {})).toEqual([expect.stringContaining('has no log of a function')]);
  });

  it.each([
    ['plain', SECRET],
    ['JSON', JSON.stringify({ SECRET })],
    ['URL-encoded', `?p=${encodeURIComponent(SECRET)}`],
    ['form-encoded', String(new URLSearchParams({ p: SECRET }))],
    ['base64 (0)', Buffer.from(SECRET).toString('base64')],
    ['base64 (1)', Buffer.from(`four ${SECRET}, and more`.slice(1)).toString('base64')],
    ['base64 (2)', Buffer.from(`five ${SECRET}, and more`).toString('base64')],
    ['base64', Buffer.from(`x${SECRET}`).toString('base64url')],
  ])('knows it %s', (form, text) => {
    expect(leaksIn(text, { password: SECRET })).toEqual([expect.stringContaining(`password, ${form.slice(0, 6)}`)]);
    expect(leaksIn(text, { password: `other ${SECRET}` })).toEqual([]);
  });

  it('looks for logins, the keys of roles and the key of the links', async () => {
    const resources = new Map([
      ['ProbeServiceRole', { ref: 'continuity-probe', attributes: {} }],
      ['LedgerTable', { ref: 'ledger', attributes: {} }],
    ]);
    const lab = { stacks: [{ resources }] } as unknown as Lab;
    expect(await labSecrets(lab, { linkKey: { get: async () => 'the-key' } })).toMatchObject({
      'password of continuity': 'lab-continuity',
      'key of ProbeServiceRole': 'secret-continuity-probe',
      'link key': 'the-key',
    });
  });
});
