import type { Command } from 'commander';
export const drillCommand = (program: Command): void => void program;
