import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tools, withoutTools } from '#test/support/python-tools.ts';
import { slowness } from '#test/support/wait-for.ts';
import { lintMachines, lintTemplate, machinesOf } from '../../../scripts/lint-template.ts';
import { packagedTemplates } from '../../../scripts/packaged-templates.ts';
import { machines } from '../../../scripts/state-graph.ts';

withoutTools("AWS's cfn-lint over the packaged templates");

/** Of two seconds to ten of work, on a machine that others use as well. */
const LINT_MS = 180_000 * slowness;
const folder = mkdtempSync(join(tmpdir(), 'continuity-lint-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Template {
  // biome-ignore lint/suspicious/noExplicitAny: each test breaks one property of one type.
  readonly Resources: Record<string, any>;
}

const [pipeline] = packagedTemplates();
if (!pipeline) throw new Error('there is no packaged template');

/** A copy of the pipeline's template with something wrong in it. */
const broken = (name: string, breakIt: (resources: Template['Resources']) => void): string => {
  const template = JSON.parse(readFileSync(pipeline.file, 'utf8')) as Template;
  breakIt(template.Resources);
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(template));
  return file;
};

describe.skipIf(tools === null)("AWS's cfn-lint", () => {
  it.each(packagedTemplates())('has nothing to say of $file', { timeout: LINT_MS }, async (template) => {
    await expect(lintTemplate(tools ?? '', template)).resolves.toEqual([]);
  });

  describe('of a template with mistakes', () => {
    let said: readonly string[];
    beforeAll(async () => {
      const kept = ['LedgerTable', 'StateTable', 'NoticeTopic', 'AcceptRequestLambdaFunction'];
      const file = broken('mistakes', (resources) => {
        for (const id of Object.keys(resources)) if (!kept.includes(id)) delete resources[id];
        delete resources.LedgerTable.Properties.KeySchema;
        resources.AcceptRequestLambdaFunction.Properties.Runtime = 'nodejs12.x';
        resources.NoticeTopic.Properties.KmsMasterKeyId = { Ref: 'NoSuchKey' };
        resources.StateTable.Properties.BilingMode = 'PAY_PER_REQUEST';
      });
      said = await lintTemplate(tools ?? '', { ...pipeline, file });
    }, LINT_MS);

    it.each([
      ['a property that is missing', /^E3003.*KeySchema/],
      ['a runtime that is gone', /^E2533.*nodejs12.*AcceptRequestLambdaFunction/],
      ['a reference to nothing', /^E1020.*NoSuchKey/],
      ['a property that does not exist', /^E3002.*BilingMode/],
    ])('names %s', (_, finding) => {
      expect(said.filter((line) => finding.test(line))).not.toEqual([]);
    });
  });
});

describe('asl-validator', { timeout: LINT_MS }, () => {
  it('has nothing to say of the packaged machines, and they are all there', async () => {
    const packaged = packagedTemplates().flatMap(({ file }) => machinesOf(file));
    expect(packaged).toHaveLength(machines().length);
    for (const { file } of packagedTemplates()) await expect(lintMachines(file)).resolves.toEqual([]);
  });

  it('names a state of a packaged machine that leads nowhere', async () => {
    const file = broken('nowhere', (resources) => {
      const definition = resources.FailoverStateMachine.Properties.DefinitionString['Fn::Sub'];
      const machine = JSON.parse(definition[0]);
      machine.States.AcceptRequest.Next = 'NoSuchState';
      definition[0] = JSON.stringify(machine);
    });
    await expect(lintMachines(file)).resolves.toContainEqual(
      expect.stringMatching(/^FailoverStateMachine: .*NoSuchState/),
    );
  });
});
