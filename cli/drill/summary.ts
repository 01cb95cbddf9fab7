import { type DrillReport, sayFirstWrite, sayRto, sayWrites } from '#cli/drill/report.ts';
import type { Written } from '#cli/drill/report-files.ts';

/** What a person reads on the terminal when it is over. */
export const summaryLines = ({ report, met }: DrillReport, written: Written): string[] => {
  const m = report.measurements;
  const ms = (value: number | null): string => (value === null ? '-' : `${value} ms`);
  return [
    '',
    `${met ? 'OBJECTIVES MET' : 'OBJECTIVES MISSED'}  ${report.test_id}`,
    `  RTO   ${sayRto(report)}`,
    `  RPO   ${report.results.rpo_achieved}`,
    `  time  detect ${ms(m.detect_ms)}, decide ${ms(m.decide_ms)}, execute ${ms(m.execute_ms)}, verify ${ms(m.verify_ms)}; total ${ms(m.total_ms)}`,
    `  data  ${sayWrites(report)}; ${sayFirstWrite(report)}`,
    ...(report.speed
      ? [
          `  speed ${report.speed.pipeline_work_ms} ms of work against ${report.speed.bare_ms} ms bare: ${report.speed.ratio} x; lab booted in ${report.boot_ms} ms`,
        ]
      : []),
    ...report.issues.map((issue) => `  issue ${issue}`),
    ...(report.failure
      ? [`  done  ${report.done.join(', ') || 'nothing'}`, `  not   ${report.not_done.join(', ') || 'nothing'}`]
      : []),
    ...report.results.recommendations.map((advice) => `  do    ${advice}`),
    `  ${written.html}`,
    `  ${written.json}`,
  ];
};
