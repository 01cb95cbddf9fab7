import { describe, expect, it, vi } from 'vitest';
import { patiently } from '#pipeline/patiently.ts';

const never = new AbortController().signal;

describe('patiently', () => {
  it('gives what is done at once after one look', async () => {
    const look = vi.fn(async () => ({ done: true, detail: 'there' }));
    await expect(patiently(look, never)).resolves.toEqual({ done: true, detail: 'there' });
    expect(look).toHaveBeenCalledTimes(1);
  });

  it('looks again while it is not done', async () => {
    let looks = 0;
    const look = vi.fn(async () => {
      looks += 1;
      return { done: looks === 3 };
    });
    await expect(patiently(look, never)).resolves.toEqual({ done: true });
    expect(look).toHaveBeenCalledTimes(3);
  });

  it('ends with what it saw last when its waits are over: the state machine goes on waiting', async () => {
    const look = vi.fn(async () => ({ done: false, detail: 'still a replica' }));
    await expect(patiently(look, never)).resolves.toEqual({ done: false, detail: 'still a replica' });
    expect(look.mock.calls.length).toBeGreaterThan(3);
    expect(look.mock.calls.length).toBeLessThan(20);
  });

  it('takes what says nothing of being done for done', async () => {
    const look = vi.fn(async () => ({ skipped: true }));
    await patiently(look, never);
    expect(look).toHaveBeenCalledTimes(1);
  });

  it('ends when the time of the function does', async () => {
    const stop = new AbortController();
    const look = vi.fn(async () => {
      stop.abort();
      return { done: false };
    });
    await expect(patiently(look, stop.signal)).rejects.toMatchObject({ name: 'AbortError' });
    expect(look).toHaveBeenCalledTimes(1);
  });

  it('does not swallow what a look throws', async () => {
    await expect(patiently(async () => Promise.reject(new TypeError('broken')), never)).rejects.toThrow('broken');
  });
});
