import { fileURLToPath } from 'node:url';

/** What every container of the lab runs, whatever its image says: the sample service on this Node. */
export const APP_COMMAND: readonly [string, ...string[]] = [
  process.execPath,
  fileURLToPath(new URL('../../../app/server.ts', import.meta.url)),
];
