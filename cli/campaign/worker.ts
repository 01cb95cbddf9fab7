import { keepInstances } from '#lab/services/lambda/kept-instances.ts';
import type { Cell } from './cells.ts';
import { runCell } from './run-cell.ts';

/**
 * One worker of the campaign: `node worker.ts '{"root": ..., "slot": n}'`, an IPC channel, one cell at a time. A process of its own, since every
 * SDK client of it looks at one lab. Tells `{result}`, or `{error}` of what was thrown, for each cell; ends when its parent goes.
 */
const place = JSON.parse(process.argv[2] ?? '{}') as { readonly root: string; readonly slot: number };

const instances = keepInstances();

process.on('message', async (cell: Cell) => {
  try {
    const { result, facts, logs } = await runCell(cell, { ...place, instances });
    const { writes, ...seen } = facts;
    process.send?.({ result, logs, facts: { ...seen, writes: writes.length } });
  } catch (error) {
    process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error), thrown: true });
  }
});
process.on('disconnect', () => process.exit(0));
