import type { Choice } from '#domain/votes.ts';

/** HTML, complete. No script, nothing from elsewhere. */
export type Page = string;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);

const page = (title: string, body: string): Page => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid; padding: 1rem }
textarea, button { font: inherit; width: 100%; box-sizing: border-box; padding: .6rem; margin: .4rem 0 }
</style></head><body><h1>${escaped(title)}</h1>
${body}
</body></html>
`;

export const sayPage = (title: string, text: string): Page => page(title, `<p>${escaped(text)}</p>`);

export interface Ask {
  readonly choice: Choice;
  readonly name: string;
  readonly link: string;
  readonly votes: string;
  readonly expiresAt: string;
  readonly facts: string;
}

/** What would be decided, and the form that decides it. */
export const askPage = ({ choice, name, link, votes, expiresAt, facts }: Ask): Page => {
  const verb = choice === 'approve' ? 'Approve' : 'Decline';
  return page(
    `${verb}, as ${name}?`,
    `<p>${escaped(votes)}. Until ${escaped(expiresAt)}. Nothing is decided yet.</p>
<pre>${escaped(facts)}</pre>
<form method="post" action="?d=${encodeURIComponent(link)}">
<label for="reason">Why (it stands in the record)</label>
<textarea id="reason" name="reason" rows="3" maxlength="1000" required></textarea>
<button type="submit">${verb}</button>
</form>`,
  );
};
