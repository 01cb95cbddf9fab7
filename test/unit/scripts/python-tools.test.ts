import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** `scripts/python-tools.ts` in a project of its own, with a python3 that does as it is told. */
describe('npm run python-tools', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'continuity-python-'));
    for (const file of ['scripts/python-tools.ts', 'scripts/one-at-a-time.ts', 'test/python/requirements.txt'])
      cpSync(file, join(root, file));
    mkdirSync(join(root, 'bin'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const python = (script: string): void => {
    const file = join(root, 'bin/python3');
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  };
  const run = () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/python-tools.ts')], {
      encoding: 'utf8',
      // Nothing else is found: what the script needs of a shell it names in full.
      env: { PATH: join(root, 'bin') },
    });
    return { status, stdout, stderr };
  };
  /** `python3 -m venv <folder>` makes a python there that does `then`. */
  const makesVenv = (then: string): void =>
    python(
      `[ "$2" = venv ] || exit 0; /bin/mkdir -p "$3/bin"; printf '#!/bin/sh\\n%s\\n' '${then}' > "$3/bin/python"; /bin/chmod +x "$3/bin/python"`,
    );

  it.each([
    ['without a python3', null, 'python3 is not on the PATH'],
    [
      'with a python3 that has no venv',
      `echo "ModuleNotFoundError: No module named 'venv'" >&2; exit 1`,
      "python3 has no venv (ModuleNotFoundError: No module named 'venv'); on Debian: apt-get install python3-venv",
    ],
    ['with a python3 that is too old', 'exit 1', 'python3 is older than 3.10'],
  ])('says so in one line %s, and changes nothing', (_, script, message) => {
    if (script !== null) python(script);
    expect(run()).toEqual({ status: 2, stdout: '', stderr: `the Python tools cannot be made: ${message}\n` });
    expect(existsSync(join(root, '.build'))).toBe(false);
  });

  it('says why the installation failed, and does not take the half for the whole', () => {
    makesVenv('echo "ERROR: no registry answers" >&2; exit 1');
    const failed = { status: 1, stdout: '', stderr: 'the Python tools cannot be made: ERROR: no registry answers\n' };
    expect(run()).toEqual(failed);
    expect(run()).toEqual(failed);
  });

  it('makes them once, and others for other requirements', () => {
    makesVenv('exit 0');
    const first = run();
    expect(first).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/^Python tools: .*\/bin\n$/) });
    python('exit 1');
    expect(run()).toEqual(first);
    makesVenv('exit 0');
    writeFileSync(join(root, 'test/python/requirements.txt'), '');
    const second = run();
    expect(second.status).toBe(0);
    expect(second.stdout).not.toBe(first.stdout);
    expect(readdirSync(join(root, '.build/python'))).toHaveLength(1);
  });
});
