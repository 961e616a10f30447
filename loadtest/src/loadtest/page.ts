// report.html: one file with charts and tables that needs nothing else, no script either.
import { readFileSync } from 'node:fs';
import { chartsOf } from './charts.ts';
import { keyFigures } from './headline.ts';
import { Html, html } from './html.ts';
import { plural } from './names.ts';
import type { Report } from './results.ts';
import type { Section } from './sections.ts';

/** Columns of a table that fits beside a chart. */
const NARROW = 5;
/** Columns of words; all others are figures. */
const WORDS = new Set(['load', 'process', 'code', 'with users']);

const STYLE = new Html(readFileSync(new URL('./page.css', import.meta.url), 'utf8'));

export function pageOf(report: Report, sections: readonly Section[]): string {
  const { machine, model } = report;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Load report, ${report.date.slice(0, 10)}: Synset</title>
<style>
${STYLE}</style>
</head>
<body>
<header>
<p class="brand">Synset</p>
<h1>Load report</h1>
<p class="lead">${report.date.slice(0, 16).replace('T', ' ')} UTC · ${machine.cpu}, ${plural(machine.cores, 'core')}, ${machine.memoryGb} GB · <code>${model.name}</code></p>
${model.trained ? '' : html`<p class="note">The model is the test card: it costs what ResNet-50 costs, and knows colours only.</p>`}
${report.notes.map((note) => html`<p class="note">${note}</p>`)}
</header>
<main>
<dl class="tiles">${keyFigures(report).map(tile)}</dl>
<nav aria-label="Sections"><ul>${sections.map(({ name, title }) => html`<li><a href="#${name}">${title}</a></li>`)}</ul></nav>
${sections.map((section) => sectionOf(report, section))}
</main>
</body>
</html>
`.text;
}

const tile = ({ value, unit, text }: { value: string; unit: string; text: string }): Html =>
  html`<div><dt>${text}</dt><dd>${value}<small> ${unit}</small></dd></div>`;

function sectionOf(report: Report, section: Section): Html {
  const charts = chartsOf[section.name]?.(report) ?? [];
  const table = section.rows.length > 0 ? tableOf(section) : '';
  const drawn = charts.length > 0 ? html`<div class="charts">${charts}</div>` : '';
  const isNarrow = charts.length === 1 && section.head.length <= NARROW;
  return html`
<section id="${section.name}">
<h2>${section.title}</h2>
${section.text.map((text) => html`<p>${text}</p>`)}
${isNarrow ? html`<div class="beside">${drawn}${table}</div>` : html`${drawn}${table}`}
</section>`;
}

function tableOf({ name, title, head, rows }: Section): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${title}"><table class="${name}">
<thead><tr>${head.map((cell) => html`<th scope="col"${classOf(cell, '')}>${cell}</th>`)}</tr></thead>
<tbody>
${rows.map((row) => html`<tr>${row.map((cell, i) => html`<td${classOf(head[i], cell)}>${cell}</td>`)}</tr>\n`)}</tbody>
</table></div>`;
}

function classOf(column: string | undefined, cell: string): Html {
  const verdict = / (better|worse)$/.exec(cell)?.[1];
  if (verdict) return new Html(` class="${verdict}"`);
  return new Html(WORDS.has(`${column}`) ? ' class="words"' : '');
}
