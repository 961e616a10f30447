// A chart of lines, as SVG: how something grows.
import { type Html, html } from './html.ts';
import { figure } from './names.ts';
import { ticksTo, tickText } from './scale.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
  /** How far the runs lie apart. */
  readonly range?: readonly [number, number];
}

export interface Line {
  readonly name: string;
  /** Which of the colours. */
  readonly colour: number;
  readonly isDashed?: boolean;
  readonly points: readonly Point[];
}

export interface LineChart {
  readonly title: string;
  readonly xAxis: string;
  readonly yAxis: string;
  readonly lines: readonly Line[];
  /** Only these values stand at the x axis; else round ones. */
  readonly xTicks?: readonly number[];
}

const [WIDTH, HEIGHT] = [560, 320];
const [LEFT, RIGHT, TOP, BOTTOM] = [58, 18, 28, 48];

interface Scales {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly xTicks: readonly number[];
  readonly yTicks: readonly number[];
}

export function lineChart({ title, xAxis, yAxis, lines, xTicks }: LineChart): Html {
  const scales = scalesOf(
    lines.flatMap(({ points }) => points),
    xTicks,
  );
  return html`<figure>
<figcaption>${title}</figcaption>
<ul class="legend">${lines.map(legend)}</ul>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${`${title}; the figures are in the table`}">
${axes(scales, xAxis, yAxis)}
${lines.map((line) => drawn(line, scales, xAxis, yAxis))}
</svg>
</figure>`;
}

function scalesOf(points: readonly Point[], wanted?: readonly number[]): Scales {
  const most = (values: number[]) => Math.max(...values, 0);
  const xTicks = wanted ?? ticksTo(most(points.map(({ x }) => x)));
  const yTicks = ticksTo(most(points.flatMap(({ y, range }) => [y, ...(range ?? [])])));
  const [xMost, yMost] = [xTicks.at(-1) ?? 1, yTicks.at(-1) ?? 1];
  return {
    x: (value) => LEFT + (value / xMost) * (WIDTH - LEFT - RIGHT),
    y: (value) => HEIGHT - BOTTOM - (value / yMost) * (HEIGHT - TOP - BOTTOM),
    xTicks,
    yTicks,
  };
}

function axes({ x, y, xTicks, yTicks }: Scales, xAxis: string, yAxis: string): Html {
  const floor = HEIGHT - BOTTOM;
  return html`<g class="grid">${yTicks.map((tick) => html`<path d="M${LEFT} ${y(tick)}H${WIDTH - RIGHT}"/>`)}</g>
<g class="ticks" text-anchor="end">${yTicks.map((tick) => html`<text x="${LEFT - 8}" y="${y(tick) + 4}">${tickText(tick)}</text>`)}</g>
<g class="ticks" text-anchor="middle">${xTicks.map((tick) => html`<text x="${x(tick)}" y="${floor + 18}">${tickText(tick)}</text>`)}</g>
<path class="axis" d="M${LEFT} ${floor}H${WIDTH - RIGHT}"/>
<text class="unit" x="${LEFT - 50}" y="14">${yAxis}</text>
<text class="unit" x="${WIDTH - RIGHT}" y="${HEIGHT - 10}" text-anchor="end">${xAxis}</text>`;
}

function drawn(
  { name, colour, isDashed, points }: Line,
  { x, y }: Scales,
  xAxis: string,
  yAxis: string,
): Html {
  const path = points.map((point, i) => `${i ? 'L' : 'M'}${x(point.x)} ${y(point.y)}`).join('');
  const ranges = points.flatMap((point) =>
    point.range
      ? [html`<path class="range" d="M${x(point.x)} ${y(point.range[0])}V${y(point.range[1])}"/>`]
      : [],
  );
  const dots = points.map(
    (point) =>
      html`<circle cx="${x(point.x)}" cy="${y(point.y)}" r="4"><title>${name}: ${figure(point.y)} ${yAxis}, ${tickText(point.x)} ${xAxis}</title></circle>`,
  );
  return html`<g class="c${colour}${isDashed ? ' dashed' : ''}">${ranges}<path class="line" d="${path}"/>${dots}</g>`;
}

const legend = ({ name, colour, isDashed }: Line): Html =>
  html`<li class="c${colour}${isDashed ? ' dashed' : ''}"><svg viewBox="0 0 26 10" width="26" height="10" aria-hidden="true"><path class="line" d="M1 5H25"/><circle cx="13" cy="5" r="4"/></svg>${name}</li>`;
