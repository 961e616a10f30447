// A chart of stacked bars, as SVG: what something is made of.
import { type Html, html } from './html.ts';
import { figure } from './names.ts';
import { ticksTo, tickText } from './scale.ts';

export interface Bar {
  readonly label: string;
  /** In the order of the chart's parts. */
  readonly values: readonly number[];
  /** What stands behind the bar; else the sum. */
  readonly sum?: string;
}

export interface BarChart {
  readonly title: string;
  readonly unit: string;
  readonly parts: readonly string[];
  readonly bars: readonly Bar[];
}

const WIDTH = 560;
const [LEFT, RIGHT, TOP, BOTTOM] = [150, 64, 8, 44];
const [ROW, THICK] = [30, 18];

export function barChart({ title, unit, parts, bars }: BarChart): Html {
  const ticks = ticksTo(Math.max(...bars.map(total), 0), 4);
  const scale = (WIDTH - LEFT - RIGHT) / (ticks.at(-1) ?? 1);
  const floor = TOP + bars.length * ROW;
  return html`<figure>
<figcaption>${title}</figcaption>
<ul class="legend">${parts.map((part, i) => html`<li class="c${i}"><svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true"><rect width="12" height="12" rx="2"/></svg>${part}</li>`)}</ul>
<svg viewBox="0 0 ${WIDTH} ${floor + BOTTOM}" role="img" aria-label="${`${title}; the figures are in the table`}">
<g class="grid">${ticks.map((tick) => html`<path d="M${LEFT + tick * scale} ${TOP}V${floor}"/>`)}</g>
<g class="ticks" text-anchor="middle">${ticks.map((tick) => html`<text x="${LEFT + tick * scale}" y="${floor + 18}">${tickText(tick)}</text>`)}</g>
${bars.map((bar, i) => drawn(bar, parts, TOP + i * ROW, scale, unit))}
<path class="axis" d="M${LEFT} ${TOP}V${floor}"/>
<text class="unit" x="${WIDTH - RIGHT}" y="${floor + 36}" text-anchor="end">${unit}</text>
</svg>
</figure>`;
}

const total = ({ values }: Bar): number => values.reduce((sum, value) => sum + value, 0);

function drawn(bar: Bar, parts: readonly string[], top: number, scale: number, unit: string): Html {
  const y = top + (ROW - THICK) / 2;
  let left = LEFT;
  const pieces = bar.values.map((value, i) => {
    const x = left;
    left += value * scale;
    return html`<rect class="c${i}" x="${x}" y="${y}" width="${value * scale}" height="${THICK}"><title>${bar.label}, ${parts[i] ?? ''}: ${figure(value)} ${unit}</title></rect>`;
  });
  return html`<text class="label" x="${LEFT - 10}" y="${top + ROW / 2 + 4}" text-anchor="end">${bar.label}</text>
${pieces}
<text class="sum" x="${left + 6}" y="${top + ROW / 2 + 4}">${bar.sum ?? figure(total(bar))}</text>`;
}
