import { COLOURS, COLOURS_IN_THE_DARK, PICTURE_STYLE } from '#cli/report/style.ts';
import { budgetSvg, escapeXml, timelineSvg } from '#cli/report/svg.ts';
import type { ReportView } from '#cli/report/view.ts';

const STYLE = `
:root{color-scheme:light dark;${COLOURS}}
@media(prefers-color-scheme:dark){:root{${COLOURS_IN_THE_DARK}}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:900px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--line)}
.verdict{display:inline-block;padding:.1rem .6rem;border-radius:4px;color:#fff;background:var(--done);font-weight:600}
.verdict.missed,.verdict.failed{background:var(--bad)}
table{border-collapse:collapse;width:100%}td{padding:.2rem .6rem .2rem 0;vertical-align:top}td:first-child{color:var(--soft);white-space:nowrap}
${PICTURE_STYLE}
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
${list('Issues', view.issues)}${list('Done', view.done)}${list('Not done', view.notDone)}${list('Warnings', view.warnings)}${list('Recommendations', view.recommendations)}
</body></html>
`;
