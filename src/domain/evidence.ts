import { createHash } from 'node:crypto';
import { type ChainCheck, canonicalJson, verifyChain } from '#domain/ledger-chain.ts';
import type { Plan } from '#domain/plan.ts';
import type { Transition } from '#domain/transition.ts';

const DAY_SECONDS = 86_400;

/** How long the record of a run is kept under lock: what the plan's archive tier says of the audit trail. Null when it says nothing. */
export const evidenceDays = ({ backups }: Pick<Plan, 'backups'>): number | null => {
  const seconds = backups
    .filter(({ tier }) => tier === 3)
    .flatMap(({ items }) => items)
    .find(({ covers, method }) => covers === 'audit-trail' && method === 'archive')?.retainSeconds;
  return seconds === undefined || seconds < DAY_SECONDS ? null : Math.ceil(seconds / DAY_SECONDS);
};

/** The whole record of one execution as it is archived. The same record is the same text, whenever it is archived. */
export interface Evidence {
  readonly version: 1;
  readonly plan: string;
  readonly execution: string;
  readonly entries: readonly Transition[];
}

export interface EvidenceFile {
  /** Ends in the digest of the content: another content is another key, and the same is not stored twice. */
  readonly key: string;
  readonly text: string;
  readonly chain: ChainCheck;
}

/** `records/svg-ai/<execution's name>/000042-<digest>.json`: in the order in which the record grew. */
export const evidenceOf = (plan: string, execution: string, entries: readonly Transition[]): EvidenceFile => {
  const text = canonicalJson({ version: 1, plan, execution, entries } satisfies Evidence);
  const name = execution.split(':').at(-1) ?? execution;
  const content = createHash('sha256').update(text).digest('hex');
  const key = `records/${plan}/${name}/${String(entries.length).padStart(6, '0')}-${content.slice(0, 16)}.json`;
  return { key, text, chain: verifyChain(entries) };
};

/** What an archived file proves, without anything but the file. Throws SyntaxError or TypeError on a text that is none. */
export const verifyEvidence = (text: string): { readonly evidence: Evidence; readonly chain: ChainCheck } => {
  const evidence = JSON.parse(text) as Evidence;
  if (evidence?.version !== 1 || !Array.isArray(evidence.entries)) throw new TypeError('this is no archived record');
  return { evidence, chain: verifyChain(evidence.entries) };
};
