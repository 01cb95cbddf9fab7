import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { runProgram } from '#cli/program.ts';

/** No lab runs in this slot. */
const SLOT = 76;
const COMMANDS = '; `npx continuity --help` lists the commands';
/** Nothing of the caller's own may point the command elsewhere. */
const ELSEWHERE = /^(AWS_|CONTINUITY_|HOME$)/;

const before = process.cwd();
let folder = '';
let printed: readonly ReturnType<typeof vi.spyOn>[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'continuity-usage-'));
  process.chdir(folder);
  symlinkSync('loop.yml', join(folder, 'loop.yml'));
});
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  for (const name of Object.keys(process.env)) if (ELSEWHERE.test(name)) vi.stubEnv(name, undefined);
  vi.stubEnv('CONTINUITY_SLOT', String(SLOT));
  vi.stubEnv('HOME', folder);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  printed = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockReturnValue(true));
});
afterEach(() => vi.restoreAllMocks());

describe('bad usage is one clear line on stderr and exit 2', () => {
  it.each([
    [[], `a command is missing${COMMANDS}`],
    [['dril'], `unknown command 'dril' (Did you mean drill?)${COMMANDS}`],
    [['lab'], `a command is missing${COMMANDS}`],
    [['lab', 'brake'], `unknown command 'brake' (Did you mean break?)${COMMANDS}`],
    [['lab', 'break'], `missing required argument 'fault'${COMMANDS}`],
    [['lab', 'up', '--fast'], `unknown option '--fast'${COMMANDS}`],
    [['lab', 'up', '--time-scale', 'fast'], '--time-scale must be a number from 1 to 3600, got "fast"'],
    [['lab', 'status'], 'no lab is running: start one with `npx continuity lab up`'],
    [['lab', 'down'], 'no lab is running: start one with `npx continuity lab up`'],
    [['drill', 'everything'], 'unknown drill "everything"; there are: regional-failover'],
    [
      ['drill', 'regional-failover', 'twice'],
      `too many arguments for 'drill'. Expected 1 argument but got 2: regional-failover, twice.${COMMANDS}`,
    ],
    [['start', '--reason', 'r'], `missing required argument 'plan'${COMMANDS}`],
    [['start', 'svg-ai'], `required option '--reason <text>' not specified${COMMANDS}`],
    [['start', 'svg-ai', '--reason', ' '], '--reason must say why: it stands in the record'],
    [['start', 'svg-ai', '--reason', 'r', '--mode', 'failback'], '--mode must be failover or dry-run, got "failback"'],
    [['start', 'svg-ai', '--reason', 'r', '--severity', '5'], '--severity must be 1, 2, 3, 4, got "5"'],
    [['history', '--most', 'many'], '--most must be a whole number from 1 to 1000, got "many"'],
    [
      ['start', 'svg-ai', '--reason', 'r', '--override', 'GU-210'],
      '--override must be a guard and why it is overridden, such as GU-210="accepted by ...", got "GU-210"',
    ],
    [
      ['start', 'svg-ai', '--reason', 'r', '--override', 'GU-030=I know'],
      '--override: GU-030 cannot be overridden; these can: GU-020, GU-040, GU-210, GU-320, GU-330, GU-340',
    ],
    [
      ['start', 'svg-ai', '--reason', 'r', '--override', 'GU-211=yes'],
      '--override: there is no guard GU-211 (GU-210?); these can: GU-020, GU-040, GU-210, GU-320, GU-330, GU-340',
    ],
    [
      ['start', 'svg-ai', '--reason', 'r', '--override', 'GU-210=a', '--override', 'GU-210=b'],
      '--override GU-210 is given twice',
    ],
    [['start', 'svg-ai', '--reason', 'r', '--as', ' '], '--as must say who starts it: it stands in the record'],
    [['pause', '--reason', 'r'], `missing required argument 'execution'${COMMANDS}`],
    [['pause', 'x'], `required option '--reason <text>' not specified${COMMANDS}`],
    [['pause', 'x', '--reason', ' '], '--reason must say why: it stands in the record'],
    [['resume', 'x', '--reason', ' '], '--reason must say why: it stands in the record'],
    [['skip', 'x', '--reason', 'r'], `missing required argument 'state'${COMMANDS}`],
    [
      ['skip', 'x', 'PromoteReplica', '--reason', 'r'],
      'PromoteReplica cannot be skipped: a rule of the design needs it; these can: ScaleUpWorkloads',
    ],
    [
      ['skip', 'x', 'RepointApplication', '--reason', 'r'],
      'RepointApplication cannot be skipped: a rule of the design needs it; these can: ScaleUpWorkloads',
    ],
    [
      ['skip', 'x', 'ScaleUpWorkload', '--reason', 'r'],
      'unknown state "ScaleUpWorkload" (did you mean ScaleUpWorkloads?); these can be skipped: ScaleUpWorkloads',
    ],
    [['abort', 'x'], `required option '--reason <text>' not specified${COMMANDS}`],
    ...['pause', 'resume', 'abort', 'retry', 'redrive', 'force'].map((verb): [string[], string] => [
      [verb, 'x', '--reason', 'r', '--as', '  '],
      '--as must say who orders it: it stands in the record',
    ]),
    [
      ['skip', 'x', 'ScaleUpWorkloads', '--reason', 'r', '--as', ''],
      '--as must say who orders it: it stands in the record',
    ],
    [['abort', 'x', '--reason', 'r', '--as', 'x'.repeat(101)], '--as must be 100 characters at most, got 101'],
    [['start', 'svg-ai', '--reason', 'r', '--as', 'x'.repeat(101)], '--as must be 100 characters at most, got 101'],
    [['start', 'svg-ai', '--reason', 'r'.repeat(1001)], '--reason must be 1000 characters at most, got 1001'],
    [['abort', 'x', '--reason', ''], '--reason must say why: it stands in the record'],
    [['retry', 'x', '--reason', ''], '--reason must say why: it stands in the record'],
    [['automation'], `a command is missing${COMMANDS}`],
    [['automation', 'of'], `unknown command 'of' (Did you mean one of off, on?)${COMMANDS}`],
    [['automation', 'off'], `required option '--reason <text>' not specified${COMMANDS}`],
    [['automation', 'on', '--reason', ' '], '--reason must say why: it stands in the record'],
    [['automation', 'off', '--reason', 'r', '--as', ''], '--as must say who orders it: it stands in the record'],
    [['maintenance', 'start', '--until', '2h', '--reason', 'r'], `missing required argument 'plan'${COMMANDS}`],
    [['maintenance', 'start', 'svg-ai', '--reason', 'r'], `required option '--until <time>' not specified${COMMANDS}`],
    [
      ['maintenance', 'start', 'svg-ai', '--until', 'soon', '--reason', 'r'],
      '--until must be a time such as 2026-11-24T05:00:00Z, or a duration such as 2h, got "soon"',
    ],
    [
      ['maintenance', 'start', 'svg-ai', '--until', '8d', '--reason', 'r'],
      '--until must be within 7 days, got "8d": a forgotten window has to end',
    ],
    [['maintenance', 'end', 'svg-ai'], `required option '--reason <text>' not specified${COMMANDS}`],
    [['claim'], `a command is missing${COMMANDS}`],
    [['claim', 'show'], `missing required argument 'plan'${COMMANDS}`],
    [['incident', 'close', 'INC-2026-1123-001'], `required option '--reason <text>' not specified${COMMANDS}`],
    [['incident', 'close', 'INC-2026-1123-001', '--reason', ' '], '--reason must say why: it stands in the record'],
    [['claim', 'release', 'svg-ai'], `required option '--reason <text>' not specified${COMMANDS}`],
    [['claim', 'release', 'svg-ai', '--reason', ' '], '--reason must say why: it stands in the record'],
    [['lease', '--side', 'primary'], `required option '--plan <file>' not specified${COMMANDS}`],
    [['lease', '--plan', 'good.yml'], `required option '--side <side>' not specified${COMMANDS}`],
    [['lease', '--plan', 'none.yml', '--side', 'primary'], 'none.yml: no such file'],
    [['lease', '--plan', 'none.yml', '--side', 'east'], '--side must be primary or standby, got "east"'],
    [
      ['lease', '--plan', 'none.yml', '--side', 'standby', '--listen', '0.0.0.0:8181'],
      '--listen must be a port on loopback, such as 8181 or 127.0.0.1:8181, got "0.0.0.0:8181"',
    ],
    [['write-lease'], `a command is missing${COMMANDS}`],
    [['write-lease', 'return', 'svg-ai'], `required option '--reason <text>' not specified${COMMANDS}`],
    [['write-lease', 'return', 'svg-ai', '--reason', ' '], '--reason must say why: it stands in the record'],
    [['plan', 'check', 'none.yml'], 'none.yml: no such file'],
    [['plan', 'check', '.'], '.: is a folder, not a plan'],
    [['plan', 'check', 'loop.yml'], expect.stringMatching(/^loop\.yml: cannot be read: ELOOP[^\n]*$/)],
  ] as const)('%j', async (args, line) => {
    expect(await runProgram(args)).toMatchObject({ code: 2, line });
    for (const stream of printed) expect(stream).not.toHaveBeenCalled();
  });

  it.each([
    [['start', 'svg-ai', '--reason', 'r']],
    [['history']],
    [['history', 'svg-ai-INC-2026-1123-001']],
    [['pause', 'x', '--reason', 'r']],
    [['automation', 'status']],
    [['maintenance', 'start', 'svg-ai', '--until', '2h', '--reason', 'r']],
    [['claim', 'release', 'svg-ai', '--reason', 'r']],
    [['incident', 'show']],
    [['incident', 'close', 'INC-2026-1123-001', '--reason', 'r']],
  ])('%j with neither AWS nor a lab', async (args) => {
    const line = expect.stringMatching(/^no AWS credentials and no lab[^\n]*npx continuity lab up[^\n]*$/);
    expect(await runProgram(args)).toMatchObject({ code: 2, line });
    for (const stream of printed) expect(stream).not.toHaveBeenCalled();
  });

  it.each([
    ['AWS_ENDPOINT_URL', 'nonsense'],
    ['AWS_ENDPOINT_URL', '127.0.0.1:4566'],
    ['AWS_ENDPOINT_URL', 'localhost:4566'],
    ['AWS_ENDPOINT_URL_DYNAMODB', 'ftp://127.0.0.1'],
  ])('an address that is none: %s=%s', async (name, value) => {
    vi.stubEnv(name, value);
    const line = `${name} must be an address such as http://127.0.0.1:4566, got "${value}"`;
    expect(await runProgram(['history'])).toMatchObject({ code: 2, line });
  });

  it('a folder for reports that takes none, before anything is booted', async () => {
    writeFileSync(join(folder, 'a-file'), '');
    const line = '--reports a-file/reports: no report can be written there (ENOTDIR)';
    expect(await runProgram(['drill', '--reports', 'a-file/reports'])).toMatchObject({ code: 2, line });
  });

  // Root reads everything but a file whose reading fails.
  it.skipIf(process.platform !== 'linux')('a plan that is there and cannot be read', async () => {
    const line = expect.stringMatching(/^\/proc\/self\/mem: cannot be read: EIO[^\n]*$/);
    expect(await runProgram(['plan', 'check', '/proc/self/mem'])).toMatchObject({ code: 2, line });
  });
});
