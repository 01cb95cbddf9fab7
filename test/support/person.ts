import { command, type Ended } from './command.ts';

/** What points a person's shell at the scenario's lab. */
const environment = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (name.startsWith('AWS_') && value ? [[name, value]] : [])),
  );

/** A person types `continuity <args>` against the lab that this process points at. */
export const person = (...args: readonly string[]): Promise<Ended> =>
  command(args, { env: { ...environment(), NO_COLOR: '1' } });

/** What `--json` gave: the last line of stdout. */
export const jsonOf = <T>({ stdout, stderr }: Ended): T => {
  const last = stdout.trim().split('\n').at(-1) ?? '';
  if (!last.startsWith('{')) throw new Error(`no JSON on the last line:\n${stdout}${stderr}`);
  return JSON.parse(last) as T;
};
