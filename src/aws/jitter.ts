import { setTimeout } from 'node:timers/promises';

/** Waits a random time up to `most` milliseconds: writers that met once should not meet again. */
export const jitter = (most: number): Promise<void> => setTimeout(Math.random() * most);
