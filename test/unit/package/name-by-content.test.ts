import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { namedByContent } from '../../../scripts/name-by-content.ts';

const packaged = (folder: string, code = 'code', more: object = {}) => [
  { name: 'state.json', bytes: Buffer.from(JSON.stringify({ folder, ...more })) },
  { name: 'One.zip', bytes: Buffer.from(`${code} ${'serverless/x/prod/1-1970'}`) },
];
const named = (folder: string, code?: string, more?: object) => namedByContent(packaged(folder, code, more), folder);

describe('the folder of a package in the deployment bucket', () => {
  it('has the same name and bytes whenever it was packaged', () => {
    expect(named('serverless/x/prod/2-1971')).toEqual(named('serverless/x/prod/3-1972'));
    expect(named('serverless/x/prod/2-1971').name).toMatch(/^serverless\/x\/prod\/content-[0-9a-f]{32}$/);
  });

  it('has another name when code or template changed', () => {
    const { name } = named('serverless/x/prod/2-1971');
    expect(named('serverless/x/prod/2-1971', 'other').name).not.toBe(name);
    expect(named('serverless/x/prod/2-1971', 'code', { memory: 256 }).name).not.toBe(name);
  });

  it('is renamed in the texts, and archives stay as they are', () => {
    const { name, files } = named('serverless/x/prod/1-1970');
    expect(Object.fromEntries(files.map((file) => [file.name, file.bytes.toString()]))).toEqual({
      'state.json': JSON.stringify({ folder: name }),
      'One.zip': 'code serverless/x/prod/1-1970',
    });
  });
});

describe.each(['.serverless', '.build/witness'])('the package in %s', (folder) => {
  it('knows no time: every archive lies where its content says', () => {
    const text = readFileSync(`${folder}/cloudformation-template-update-stack.json`, 'utf8');
    const keys = [...text.matchAll(/"S3Key": ?"([^"]+)"/g)].map(([, key]) => key);
    expect(keys.length).toBeGreaterThan(1);
    for (const key of keys) expect(key).toMatch(/^serverless\/[^/]+\/[^/]+\/content-[0-9a-f]{32}\/\w+\.zip$/);
  });
});

/** With change sets the framework cleans up after an empty one, and refuses a folder whose name is no time. */
it.each(['serverless.yml', 'serverless.witness.yml'])('%s is deployed without change sets', (config) => {
  expect(readFileSync(config, 'utf8')).toMatch(/^ {2}deploymentMethod: direct$/m);
});
