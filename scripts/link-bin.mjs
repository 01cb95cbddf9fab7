// npm links the bins of dependencies, not a project's own: without this, `npx continuity` and the npm scripts would not find the command. A `bin` in
// package.json beside it would make npx install the project into its cache first, which npm 11.19 refuses for the sake of this very script.
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';

const bin = new URL('../node_modules/.bin/', import.meta.url);
mkdirSync(bin, { recursive: true });
rmSync(new URL('continuity', bin), { force: true });
symlinkSync('../../cli/bin.mjs', new URL('continuity', bin));
