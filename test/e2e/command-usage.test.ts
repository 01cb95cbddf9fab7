import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CommandOptions, command } from '#test/support/command.ts';
import { slowness } from '#test/support/wait-for.ts';

/** No lab runs in this slot. */
const SLOT = 76;
const COMMANDS = '; `npx continuity --help` lists the commands';

let folder = '';
const plan = readFileSync('continuity.yml', 'utf8');
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return name;
};
const run = (args: readonly string[], options: CommandOptions = {}) =>
  command(args, { slot: SLOT, cwd: folder, ...options });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'continuity-usage-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('bad usage is one clear line on stderr and exit 2', { timeout: 60_000 * slowness }, () => {
  // What each says: test/unit/cli/usage.test.ts.
  it.concurrent.each([
    [[], `a command is missing${COMMANDS}`],
    [['lab', 'break'], `missing required argument 'fault'${COMMANDS}`],
    [['lab', 'status'], 'no lab is running: start one with `npx continuity lab up`'],
    [['pause', 'x', '--reason', ' '], '--reason must say why: it stands in the record'],
  ] as const)('%j', async (args, line) => {
    expect(await run(args)).toEqual({ code: 2, signal: null, stdout: '', stderr: `continuity: ${line}\n` });
  });

  it('with neither AWS nor a lab', async () => {
    const ended = await run(['history']);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(/^continuity: no AWS credentials and no lab[^\n]*npx continuity lab up[^\n]*\n$/);
  });
});

describe('plan check', { timeout: 60_000 * slowness }, () => {
  it('sums a good plan up, exit 0', async () => {
    const name = write('good.yml', plan);
    const ended = await run(['plan', 'check', name]);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toMatch(
      /^good\.yml: plan "svg-ai" is good.*us-east-1 -> us-west-2, 1 deployments, 1 traffic records\n$/,
    );
  });

  it('names every finding at once with its place, exit 2', async () => {
    const bad = plan
      .replace('rto: 4h', 'rto: soon')
      .replace('  owner: Operations Team\n', '  owner: Operations Team\n  color: blue\n')
      .replace('vantagesNeeded: 2', 'vantagesNeeded: 0');
    const ended = await run(['plan', 'check', write('bad.yml', bad)]);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    const lines = ended.stderr.trim().split('\n');
    for (const place of ['objectives.rto', 'document', 'detection.vantagesNeeded']) {
      expect(lines.filter((line) => line.includes('bad.yml') && line.includes(place))).toHaveLength(1);
    }
    expect(ended.stderr).toContain('color');
    expect(ended.stderr).not.toMatch(/\n\s+at /);
  });

  it('says where the YAML is bad, exit 2', async () => {
    const ended = await run(['plan', 'check', write('broken.yml', 'version: 1\nplan: [svg-ai\ntitle: "x\n')]);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    for (const line of ended.stderr.trim().split('\n')) {
      expect(line).toMatch(/^broken\.yml:\d+: error: the file is not YAML that can be read: /);
    }
  });
});
