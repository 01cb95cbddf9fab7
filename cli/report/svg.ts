import { COLOURS, PICTURE_STYLE } from '#cli/report/style.ts';
import type { Budget, TimelineStep } from '#cli/report/view.ts';

export const escapeXml = (text: string): string =>
  text.replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c] ?? c);

const NAME_WIDTH = 230;
const CHART_WIDTH = 600;
const ROW = 24;
const MARK_ROW = 16;

/** A round tick of 1, 2 or 5 x 10^n that divides `span` into at most ten parts. */
export const tickOf = (span: number): number => {
  const raw = span / 10;
  const power = 10 ** Math.floor(Math.log10(raw));
  return ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10) * power;
};

const ms = (value: number): string => (value >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${Math.round(value)} ms`);

/** The run as a picture: one bar a step, ms from the start of the incident; vertical lines for the clocks. */
export const timelineSvg = (
  steps: readonly TimelineStep[],
  marks: readonly { readonly label: string; readonly atMs: number }[],
): string => {
  const end = Math.max(1, ...steps.map((step) => step.endMs), ...marks.map((mark) => mark.atMs)) * 1.06;
  const x = (at: number): number => NAME_WIDTH + (Math.max(0, at) / end) * CHART_WIDTH;
  const top = 12 + marks.length * MARK_ROW;
  const height = top + steps.length * ROW + 30;
  const bottom = height - 26;
  const parts: string[] = [];
  const tick = tickOf(end);
  for (let at = 0; at <= end; at += tick) {
    parts.push(`<line x1="${x(at)}" y1="${top}" x2="${x(at)}" y2="${bottom}" class="grid"/>`);
    parts.push(`<text x="${x(at)}" y="${height - 8}" class="tick" text-anchor="middle">${ms(at)}</text>`);
  }
  steps.forEach((step, index) => {
    const y = top + index * ROW;
    const width = Math.max(2, x(step.endMs) - x(step.startMs));
    parts.push(
      `<text x="${NAME_WIDTH - 8}" y="${y + 16}" text-anchor="end" class="name">${escapeXml(step.label)}</text>`,
    );
    parts.push(
      `<rect x="${x(step.startMs)}" y="${y + 4}" width="${width}" height="${ROW - 8}" rx="3" class="${step.outcome}"><title>${escapeXml(step.state)}: ${ms(step.endMs - step.startMs)}</title></rect>`,
    );
    const beside = x(step.endMs) + 6 > NAME_WIDTH + CHART_WIDTH - 40;
    parts.push(
      `<text x="${beside ? x(step.startMs) - 6 : x(step.endMs) + 6}" y="${y + 16}" class="tick" text-anchor="${beside ? 'end' : 'start'}">${ms(step.endMs - step.startMs)}</text>`,
    );
  });
  marks.forEach((mark, index) => {
    const y = 12 + index * MARK_ROW;
    const beside = x(mark.atMs) > NAME_WIDTH + CHART_WIDTH - 150;
    parts.push(`<line x1="${x(mark.atMs)}" y1="${y}" x2="${x(mark.atMs)}" y2="${bottom}" class="mark"/>`);
    parts.push(
      `<text x="${x(mark.atMs) + (beside ? -5 : 5)}" y="${y + 5}" class="marktext" text-anchor="${beside ? 'end' : 'start'}">${escapeXml(mark.label)} ${ms(mark.atMs)}</text>`,
    );
  });
  return `<svg viewBox="0 0 ${NAME_WIDTH + CHART_WIDTH + 20} ${height}" role="img" aria-label="Timeline of the recovery">${parts.join('')}</svg>`;
};

export const planTime = (seconds: number): string => {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  if (seconds < 3600) return `${(seconds / 60).toFixed(1)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
};

/** Budgets as bars: what was used of RTO, RPO and MTD, with lines at 50, 75 and 90 %. */
export const budgetSvg = (budgets: readonly Budget[]): string => {
  const rows = budgets.map((budget, index) => {
    const y = index * 34;
    const share = budget.usedSeconds / budget.budgetSeconds;
    const level = share > 1 ? 'failed' : share >= 0.75 ? 'warn' : 'done';
    const lines = [0.5, 0.75, 0.9]
      .map((at) => `<line x1="${60 + at * 500}" y1="${y + 4}" x2="${60 + at * 500}" y2="${y + 26}" class="grid"/>`)
      .join('');
    return (
      `<text x="52" y="${y + 20}" text-anchor="end" class="name">${escapeXml(budget.name)}</text>` +
      `<rect x="60" y="${y + 4}" width="500" height="22" rx="3" class="track"/>` +
      `<rect x="60" y="${y + 4}" width="${Math.max(2, Math.min(1, share) * 500)}" height="22" rx="3" class="${level}"/>${lines}` +
      `<text x="570" y="${y + 20}" class="name">${planTime(budget.usedSeconds)} of ${planTime(budget.budgetSeconds)} (${(share * 100).toFixed(1)} %)</text>`
    );
  });
  return `<svg viewBox="0 0 850 ${budgets.length * 34}" role="img" aria-label="Budgets used">${rows.join('')}</svg>`;
};

/** A picture as a file of its own: with its style, on its own ground. */
export const standalone = (svg: string): string =>
  svg
    .replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ')
    .replace('>', `><style>svg{${COLOURS};background:var(--paper)}${PICTURE_STYLE}</style>`);
