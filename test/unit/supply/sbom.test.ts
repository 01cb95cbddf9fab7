import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { readLock } from '../../../scripts/supply/lock.ts';
import { type Bom, type Component, settledBom } from '../../../scripts/supply/sbom.ts';

/** https://cyclonedx.org/docs/1.5/json/: the members that the schema requires, and what a reader of a bill of materials looks for. */
const SERIAL = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const PURL = /^pkg:npm\/(%40[^/@]+\/)?[^/@]+@[^@?#]+$/;
const SHA_512 = /^[0-9a-f]{128}$/;

const run = promisify(execFile);
let written: Bom;

beforeAll(async () => {
  await run(process.execPath, ['scripts/write-sbom.ts']);
  written = JSON.parse(readFileSync('.build/sbom.cdx.json', 'utf8')) as Bom;
});

const lockText = readFileSync('package-lock.json', 'utf8');
const lock = readLock(lockText);

describe('the bill of materials', () => {
  it('is CycloneDX, of this project', () => {
    expect(written).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1 });
    expect(written.serialNumber).toMatch(SERIAL);
    expect(written.metadata.component).toMatchObject({ type: 'application', name: 'continuity', version: '0.1.0' });
  });

  it('names, addresses, licenses and hashes every component', () => {
    const wrong = written.components.filter(({ 'bom-ref': ref, type, name, version, purl, licenses, hashes }) => {
      const named = Boolean(ref && type === 'library' && name && version) && PURL.test(purl);
      return (
        !named || !licenses?.length || !hashes?.some(({ alg, content }) => alg === 'SHA-512' && SHA_512.test(content))
      );
    });
    expect(wrong).toEqual([]);
    const refs = new Set(written.components.map((one) => one['bom-ref']));
    expect(refs.size).toBe(written.components.length);
    const unknown = written.dependencies
      .flatMap(({ ref, dependsOn = [] }) => [ref, ...dependsOn])
      .filter((ref) => !refs.has(ref) && ref !== written.metadata.component['bom-ref']);
    expect(unknown).toEqual([]);
  });

  it('has every package of the lock, required when it ships, with its hash', () => {
    const components = new Map(written.components.map((one) => [one['bom-ref'], one]));
    const ships = new Set(lock.packages.filter((one) => one.ships).map(({ name, version }) => `${name}@${version}`));
    for (const { name, version, integrity } of lock.packages) {
      const ref = `${name}@${version}`;
      const content = Buffer.from((integrity ?? '').replace('sha512-', ''), 'base64').toString('hex');
      expect(components.get(ref)).toMatchObject({
        scope: ships.has(ref) ? 'required' : 'excluded',
        hashes: [{ alg: 'SHA-512', content }],
      });
    }
  });

  it('has no time, nor anything of the machine', () => {
    expect(written.metadata.timestamp).toBeUndefined();
    expect(JSON.stringify(written)).not.toContain(process.cwd());
  });
});

it('two of the same lock are the same, whatever npm wrote that day', () => {
  const component = (ref: string): Component => ({
    'bom-ref': ref,
    type: 'library',
    name: ref,
    version: '1.0.0',
    purl: `pkg:npm/${ref}@1.0.0`,
  });
  const byNpm = (day: string, folder: string, refs: readonly string[]): Bom => ({
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: `urn:uuid:${day}`,
    version: 1,
    metadata: {
      timestamp: day,
      tools: [{ vendor: 'npm', name: 'cli', version: day }],
      component: { ...component('project@1.0.0'), name: folder },
    },
    components: refs.map(component),
    dependencies: refs.map((ref) => ({ ref, dependsOn: refs.filter((other) => other !== ref) })),
  });
  const one = settledBom(byNpm('monday', 'clone', ['a', 'b', 'c']), lockText, lock);
  const other = settledBom(byNpm('tuesday', 'work', ['c', 'a', 'b']), lockText, lock);
  expect(other).toEqual(one);
  expect(settledBom(byNpm('monday', 'clone', ['a']), `${lockText} `, lock).serialNumber).not.toBe(one.serialNumber);
});
