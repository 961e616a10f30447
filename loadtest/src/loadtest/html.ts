// HTML from templates that escape whatever is put into them.

/** HTML that is as it should be. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Value = string | number | Html | readonly Value[];

/** A template: text is escaped, HTML and lists of it stay. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  const filled = strings.map((text, i) => text + (i < values.length ? show(values[i] ?? '') : ''));
  return new Html(filled.join(''));
}

function show(value: Value): string {
  if (value instanceof Html) return value.text;
  return typeof value === 'object' ? value.map(show).join('') : escapeHtml(`${value}`);
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
