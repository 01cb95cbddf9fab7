import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { INSTALL_SCRIPTS } from './install-scripts.ts';
import { LICENCES } from './licences.ts';
import { licencesPage } from './licences-page.ts';
import { readLock } from './lock.ts';

const lock = fileURLToPath(new URL('../../package-lock.json', import.meta.url));

/** docs/licences.md as it should be. */
export const licencesText = (): string => licencesPage(readLock(readFileSync(lock, 'utf8')), LICENCES, INSTALL_SCRIPTS);
