import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { command } from '#test/support/command.ts';
import { jsonOf } from '#test/support/person.ts';
import { STORY_MS } from '#test/support/scenario-lab.ts';

/**
 * Situation: a sample of the fault campaign, other two cells each day: two runs of the failover, each with one fault in one state, one of which changes
 * something. `npm run campaign` runs all of them. `CAMPAIGN_SEED=<seed>` runs the two of another day again.
 *
 * Proves:
 * 1. Each fault hit, and each run recovered or stopped safely: one writable primary at most, one promotion at most, no traffic before a
 *    writable database, a whole record with the outcome on it, the claim free.
 * 2. A second run goes on where the first stopped: with every cell ended there is nothing left to do.
 */
const SEED = process.env.CAMPAIGN_SEED ?? new Date().toISOString().slice(0, 10).replaceAll('-', '');
const SLOT = 236;
const folder = mkdtempSync(join(tmpdir(), 'campaign-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Printed {
  readonly totals: { readonly cells: number; readonly failed: number };
  readonly cells: readonly {
    readonly hits: number;
    readonly verdict: string;
    readonly violations: readonly string[];
  }[];
}

const campaign = () =>
  command(
    ['campaign', '--sample', '2', '--seed', SEED, '--workers', '1', '--json', '--results', join(folder, 'cells.jsonl')],
    { slot: SLOT, withinMs: STORY_MS },
  );

it(
  'fault-campaign-sample',
  async () => {
    console.info(`the cells of CAMPAIGN_SEED=${SEED}: npx continuity campaign --sample 2 --seed ${SEED}`);

    // 1
    const first = await campaign();
    const { totals, cells } = jsonOf<Printed>(first);
    expect(cells.flatMap(({ violations }) => violations)).toEqual([]);
    expect(totals).toMatchObject({ cells: 2, failed: 0 });
    for (const { hits } of cells) expect(hits).toBeGreaterThan(0);
    expect(first.code).toBe(0);

    // 2
    const second = await campaign();
    expect(second.stderr).toMatch(/2 of them ended before on this build/);
    expect(jsonOf<Printed>(second).cells).toEqual(cells);
    expect(second.code).toBe(0);
  },
  2 * STORY_MS,
);
