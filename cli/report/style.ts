/** Colours of page and pictures, as custom properties: readable in light and dark. */
export const COLOURS =
  '--ink:#1c2430;--paper:#fff;--soft:#6b7686;--line:#d9dee6;--done:#2f7d5b;--warn:#c58a1a;--bad:#b8362f;--mark:#3b5bb5';
export const COLOURS_IN_THE_DARK =
  '--ink:#e6eaf0;--paper:#14181f;--soft:#98a3b3;--line:#2c3440;--done:#4fae84;--warn:#e0a93c;--bad:#e0685f;--mark:#8aa4f0';

/** Of the timeline and the budgets. */
export const PICTURE_STYLE = `svg{width:100%;height:auto;font:12px system-ui,sans-serif}
.name{fill:var(--ink)}.tick{fill:var(--soft);font-size:11px}.marktext{fill:var(--mark);font-size:11px}
.grid{stroke:var(--line)}.mark{stroke:var(--mark);stroke-dasharray:3 3}.track{fill:var(--line)}
rect.done{fill:var(--done)}rect.warn{fill:var(--warn)}rect.failed{fill:var(--bad)}`;
