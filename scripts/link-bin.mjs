// npm links the bins of dependencies, not a project's own: without this, `npx continuity` and the npm scripts would not find the command.
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';

const bin = new URL('../node_modules/.bin/', import.meta.url);
mkdirSync(bin, { recursive: true });
rmSync(new URL('continuity', bin), { force: true });
symlinkSync('../../cli/bin.mjs', new URL('continuity', bin));
