import { budgetSvg, escapeXml, timelineSvg } from '#cli/report/svg.ts';
import type { ReportView } from '#cli/report/view.ts';

const STYLE = `
:root{color-scheme:light dark;--ink:#1c2430;--paper:#fff;--soft:#6b7686;--line:#d9dee6;--done:#2f7d5b;--warn:#c58a1a;--bad:#b8362f;--mark:#3b5bb5}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--paper:#14181f;--soft:#98a3b3;--line:#2c3440;--done:#4fae84;--warn:#e0a93c;--bad:#e0685f;--mark:#8aa4f0}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:900px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--line)}
.verdict{display:inline-block;padding:.1rem .6rem;border-radius:4px;color:#fff;background:var(--done);font-weight:600}
.verdict.missed,.verdict.failed{background:var(--bad)}
table{border-collapse:collapse;width:100%}td{padding:.2rem .6rem .2rem 0;vertical-align:top}td:first-child{color:var(--soft);white-space:nowrap}
svg{width:100%;height:auto;font:12px system-ui,sans-serif}
.name{fill:var(--ink)}.tick{fill:var(--soft);font-size:11px}.marktext{fill:var(--mark);font-size:11px}
.grid{stroke:var(--line)}.mark{stroke:var(--mark);stroke-dasharray:3 3}.track{fill:var(--line)}
rect.done{fill:var(--done)}rect.warn{fill:var(--warn)}rect.failed{fill:var(--bad)}
`;

const list = (title: string, items: readonly string[]): string =>
  items.length === 0
    ? ''
    : `<h2>${escapeXml(title)}</h2><ul>${items.map((item) => `<li>${escapeXml(item)}</li>`).join('')}</ul>`;

/** The report as one self-contained page: no script, no external file, readable in light and dark. */
export const reportHtml = (view: ReportView): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeXml(view.title)}</title><style>${STYLE}</style></head><body>
<h1>${escapeXml(view.title)}</h1>
<p><span class="verdict ${view.verdict}">${view.verdict}</span> ${escapeXml(view.summary)}</p>
<table>${view.facts.map(([name, value]) => `<tr><td>${escapeXml(name)}</td><td>${escapeXml(value)}</td></tr>`).join('')}</table>
<h2>Budgets</h2>${budgetSvg(view.budgets)}
<h2>Timeline</h2>${timelineSvg(view.steps, view.marks)}
${list('Not done', view.notDone)}${list('Warnings', view.warnings)}${list('Recommendations', view.recommendations)}
</body></html>
`;
