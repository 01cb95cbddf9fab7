import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { askAudit, judgeAudit } from './supply/audit.ts';
import { checkInstallScripts, checkLicences, checkOrigins } from './supply/check.ts';
import { INSTALL_SCRIPTS } from './supply/install-scripts.ts';
import { LICENCES } from './supply/licences.ts';
import { readLock } from './supply/lock.ts';

/**
 * `node scripts/check-supply.ts`: looks at every package of package-lock.json: where it comes from, its install script, its licence; and asks the
 * registry for known vulnerabilities. A registry that does not answer is said and is no failure. Exit 0: nothing found; 1: one line for each
 * finding; 2: bad usage.
 */
const root = fileURLToPath(new URL('../', import.meta.url));

if (process.argv.length > 2) {
  console.error(`check-supply takes no arguments, not ${process.argv.slice(2).join(' ')}`);
  process.exit(2);
}

const { packages } = readLock(readFileSync(`${root}package-lock.json`, 'utf8'));
const { allowScripts = {} } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
  allowScripts?: Record<string, boolean>;
};
const audit = await askAudit(root);
const judged = audit.answered ? judgeAudit(audit.report, packages) : { findings: [], remarks: [] };
const findings = [
  ...checkOrigins(packages),
  ...checkInstallScripts(packages, INSTALL_SCRIPTS, allowScripts),
  ...checkLicences(packages, LICENCES),
  ...judged.findings,
];
for (const remark of judged.remarks) console.log(remark);
for (const finding of findings) console.error(finding);
if (!audit.answered) console.log(`npm audit: not asked, the registry does not answer there: ${audit.because}`);
if (findings.length > 0) process.exit(1);
const ships = packages.filter((one) => one.ships).length;
const scripts = INSTALL_SCRIPTS.filter(({ runs }) => runs).length;
console.log(
  `${packages.length} packages, ${ships} of them ship: all from the registry with their hashes, licences allowed, ${scripts} install scripts approved and ${INSTALL_SCRIPTS.length - scripts} denied` +
    (audit.answered ? '; npm audit found nothing grave in what ships' : ''),
);
