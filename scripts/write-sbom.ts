import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readLock } from './supply/lock.ts';
import { type Bom, settledBom } from './supply/sbom.ts';

/**
 * `node scripts/write-sbom.ts`: writes .build/sbom.cdx.json, the bill of materials of package-lock.json as CycloneDX 1.5, by `npm sbom` (npm 10 and
 * later). Neither node_modules nor the network is needed. Exit 1 when npm cannot do it, 2 on bad usage.
 */
const root = fileURLToPath(new URL('../', import.meta.url));

if (process.argv.length > 2) {
  console.error(`sbom takes no arguments, not ${process.argv.slice(2).join(' ')}`);
  process.exit(2);
}

const byNpm = (): Bom => {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
  try {
    const text = execFileSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
    return JSON.parse(text) as Bom;
  } catch (error) {
    console.error(`npm ${args.join(' ')} gave no bill of materials: ${(error as Error).message}`);
    return process.exit(1);
  }
};

const lockText = readFileSync(`${root}package-lock.json`, 'utf8');
const lock = readLock(lockText);
const bom = settledBom(byNpm(), lockText, lock);
mkdirSync(`${root}.build`, { recursive: true });
writeFileSync(`${root}.build/sbom.cdx.json`, `${JSON.stringify(bom, null, 2)}\n`);
const required = bom.components.filter(({ scope }) => scope === 'required').length;
console.log(
  `.build/sbom.cdx.json: CycloneDX ${bom.specVersion}, ${bom.components.length} components, ${required} of them ship`,
);
