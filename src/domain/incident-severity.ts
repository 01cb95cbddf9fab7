import type { Verdict } from '#domain/diagnosis.ts';
import type { Entry } from '#domain/milestones.ts';
import { OUTSIDE, type Signal } from '#domain/reading.ts';
import { serviceSignals } from '#domain/reading-history.ts';
import type { RecoveryRequest } from '#domain/request.ts';
import type { DiagnosisCode } from '#domain/rules.ts';
import { type Evidence, OUTAGE, type SeverityLevel, severityOf, UNDISTURBED } from '#domain/severity.ts';

/** How grave the incident of a run is. A type, not an interface: it goes on record as JSON. */
export type IncidentSeverity = {
  readonly level: SeverityLevel;
  /** Row of SEVERITY_RULES, or `given`: the person who asked gave it. */
  readonly rule: string;
  readonly reason: string;
  /** By the evidence alone: who gives another one takes no approval away that this one wants. */
  readonly seen: SeverityLevel;
};

type Seen = Pick<Verdict, 'code' | 'vantages'>;
type Asked = Pick<RecoveryRequest, 'severity' | 'actor'>;

const outside = ({ vantages }: Seen): Seen['vantages'] =>
  vantages.filter(({ vantage, fresh }) => fresh && OUTSIDE.some((name) => name === vantage));

/** Whether a spare is gone, by the replica's link to the primary. */
const unspared = (seen: Seen): boolean | null => {
  const states = outside(seen).map(({ replication }) => replication);
  return states.includes('bad') || (states.includes('good') ? false : null);
};

/** The vantage points stand for the users: the share of them that sees the service bad. */
const share = (seen: Seen): number | null => {
  const known = outside(seen).filter(({ service }) => service !== 'unknown');
  return known.length === 0 ? null : known.filter(({ service }) => service === 'bad').length / known.length;
};

/** Out where reads fail and nothing is served to anybody. A service that still reads and does not write is none that is out. */
const out = (seen: Seen): boolean | null => {
  const signals: readonly Signal[] = outside(seen).flatMap((view) => serviceSignals(view.signals));
  if (signals.some(({ state }) => state === 'good')) return false;
  return signals.some(({ name, state }) => name === 'http-read' && state === 'bad') ? true : null;
};

const serves = (seen: Seen): Evidence => ({ ...UNDISTURBED, singlePointOfFailure: unspared(seen) });

const EVIDENCE: Readonly<Record<DiagnosisCode, (seen: Seen) => Evidence>> = {
  'region-down': () => OUTAGE,
  'database-down': (seen) => ({ ...OUTAGE, outage: out(seen) }),
  'application-down': (seen) => ({ ...OUTAGE, outage: out(seen) }),
  degraded: (seen) => ({ ...serves(seen), usersAffected: share(seen), disruption: true }),
  // The witness sees the service good: what is cut off is the standby.
  'partition-from-us': (seen) => ({ ...serves(seen), disruption: true }),
  'replication-broken': serves,
  healthy: serves,
  // Nothing was found out that speaks against what an alarm or a person says.
  'monitoring-blind': () => OUTAGE,
  unknown: () => OUTAGE,
};

/** The severity of a run by its verdict, or as the person who asked gave it. Before a verdict: as for an outage, which is what was said of it. */
export const severityOfIncident = ({ severity, actor }: Asked, verdict: Seen | null): IncidentSeverity => {
  const seen = severityOf(verdict === null ? OUTAGE : EVIDENCE[verdict.code](verdict));
  if (severity === undefined) return { ...seen, seen: seen.level };
  return {
    level: severity,
    rule: 'given',
    reason: `given by ${actor}; by what was seen: ${seen.level} (${seen.rule} ${seen.reason})`,
    seen: seen.level,
  };
};

const resultOf = (entries: readonly Entry[], name: string): unknown =>
  entries.findLast(({ kind, state }) => kind === 'left' && state === name)?.result;

/** As the record has it: of the last look at the evidence, else by the request alone. */
export const recordedSeverity = (entries: readonly Entry[]): IncidentSeverity => {
  const looked = resultOf(entries, 'AssessEvidence') as { readonly severity?: IncidentSeverity } | null | undefined;
  if (looked?.severity) return looked.severity;
  const asked = (resultOf(entries, 'AcceptRequest') ?? {}) as Partial<Asked>;
  const { severity, actor = 'person' } = asked;
  return severityOfIncident({ actor, ...(severity === undefined ? {} : { severity }) }, null);
};
