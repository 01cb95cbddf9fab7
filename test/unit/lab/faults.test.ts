import { beforeEach, expect, it, vi } from 'vitest';
import { createFaults, type FaultsOptions } from '#lab/faults.ts';

const setDelay = vi.fn();
beforeEach(() => setDelay.mockClear());
const faults = createFaults({ world: { wan: { setDelay } } } as unknown as FaultsOptions);

it.each([undefined, null, '', 'x', Number.NaN, Number.POSITIVE_INFINITY, -1, 60_001])(
  'delay-wan refuses %j ms',
  async (ms) => {
    await expect(faults.break('delay-wan', { ms: ms as number })).rejects.toThrow('a number from 0 to 60000');
    expect(setDelay).not.toHaveBeenCalled();
    expect(faults.active()).toEqual([]);
  },
);

it.each(['constructor', 'toString', 'kill'])('%s is no fault', async (name) => {
  await expect(faults.break(name, {})).rejects.toThrow(`unknown fault "${name}"; there are: kill-region, `);
});
