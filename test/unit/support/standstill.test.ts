import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { watchStandstills } from '#test/support/standstill.ts';

it('says how long the process was kept from its work, since it was last asked to begin again', async () => {
  const watch = watchStandstills();
  await setTimeout(50);
  watch.again();
  await setTimeout(50);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700);
  await setTimeout(50);
  expect(watch.tooLong()).toMatch(/^the machine stood still for \d{3,} ms$/);
  watch.again();
  expect(watch.tooLong()).toBeUndefined();
});
