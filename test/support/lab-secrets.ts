import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from '#lab/lab.ts';
import { roleCredentials } from '#lab/services/lambda/instance-environment.ts';
import { PASSWORDS } from '#lab/world.ts';
import type { LabPorts } from './lab-ports.ts';
import { leaksIn, type Secrets } from './secrets.ts';

/** What the functions of a lab handle and nobody else may read: logins, the key of decision links, the keys of their roles. */
export const labSecrets = async (lab: Lab, ports: Pick<LabPorts, 'linkKey'>): Promise<Secrets> => {
  const passwords = Object.entries(PASSWORDS).map(([user, password]) => [`password of ${user}`, password] as const);
  const roles = lab.stacks
    .flatMap(({ resources }) => [...resources])
    .filter(([id]) => id.endsWith('Role'))
    .map(([id, { ref }]) => [`key of ${id}`, roleCredentials(ref).secretAccessKey] as const);
  return { ...Object.fromEntries([...passwords, ...roles]), 'link key': await ports.linkKey.get() };
};

/**
 * Which secrets the logs of the functions in a lab's folder (`functions/<region>/<function>.log`) hold: `us-west-2/ProbeService.log: link key, plain`.
 * Where no log is there is one finding: nothing was looked at.
 */
export const leaksInLogs = (folder: string, secrets: Secrets): readonly string[] => {
  const logs = join(folder, 'functions');
  const files = existsSync(logs)
    ? readdirSync(logs, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.log'))
    : [];
  if (files.length === 0) return [`${logs} has no log of a function`];
  return files.flatMap((file) =>
    leaksIn(readFileSync(join(logs, file), 'utf8'), secrets).map((leak) => `${file}: ${leak}`),
  );
};
