/**
 * Learning curves as a picture for docs/images: SVG text without scripts or fonts of its own, light or dark as the reader's system is.
 * The same curves give the same bytes.
 */

export interface Curve {
  readonly name: string;
  /** share after each round, from round 1 */
  readonly values: readonly number[];
}

export interface Panel {
  readonly title: string;
  /** share at which a run ends: a dashed line */
  readonly target: number;
  /** at most {@link TONES} curves */
  readonly curves: readonly Curve[];
}

export interface CurvesPicture {
  readonly title: string;
  /** what the picture shows, for those who cannot see it */
  readonly description: string;
  readonly panels: readonly Panel[];
  /** lowest share that is drawn; what is below lies on the floor */
  readonly floor: number;
}

const WIDTH = 380;
const HEIGHT = 270;
const PLOT = { left: 48, right: 16, top: 64, bottom: 44 };
const TONES = ['accent', 'mask'];
const Y_STEPS = 5;

const STYLE = `
  svg { --bg: #fffefb; --ink: #1a2321; --soft: #55635f; --line: #e2e0d8; --accent: #1f6b58; --mask: #6a5acd }
  @media (prefers-color-scheme: dark) {
    svg { --bg: #171e1b; --ink: #e6ece9; --soft: #a3b0ab; --line: #2e3834; --accent: #6fcfb0; --mask: #a99df0 }
  }
  text { font: 12px system-ui, sans-serif; fill: var(--soft) }
  .title { font-size: 14px; font-weight: 600; fill: var(--ink) }
  .grid { stroke: var(--line) }
  .target { stroke: var(--soft); stroke-dasharray: 4 4 }
  path { fill: none; stroke-width: 2; stroke-linejoin: round }
  .accent { stroke: var(--accent) }
  .mask { stroke: var(--mask) }`;

/** The picture as SVG text, one panel beside the other. */
export function curvesPicture({ title, description, panels, floor }: CurvesPicture): string {
  const width = WIDTH * panels.length;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${HEIGHT}" width="${width}" height="${HEIGHT}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<desc>${escaped(description)}</desc>`,
    `<style>${STYLE}\n</style>`,
    `<rect width="${width}" height="${HEIGHT}" fill="var(--bg)"/>`,
    ...panels.flatMap((panel, i) => [
      `<g transform="translate(${i * WIDTH} 0)">`,
      ...panelLines(panel, floor).map((line) => `  ${line}`),
      '</g>',
    ]),
    '</svg>',
    '',
  ].join('\n');
}

function panelLines({ title, target, curves }: Panel, floor: number): string[] {
  const rounds = niceEnd(Math.max(...curves.map(({ values }) => values.length)));
  const right = WIDTH - PLOT.right;
  const bottom = HEIGHT - PLOT.bottom;
  const x = (round: number): number => places(PLOT.left + ((right - PLOT.left) * round) / rounds);
  const y = (share: number): number =>
    places(bottom - ((bottom - PLOT.top) * (Math.max(floor, share) - floor)) / (1 - floor));
  const lines = [`<text class="title" x="${PLOT.left}" y="22">${escaped(title)}</text>`];
  for (let i = 0; i <= Y_STEPS; i++) {
    const share = floor + ((1 - floor) * i) / Y_STEPS;
    lines.push(
      `<line class="grid" x1="${PLOT.left}" x2="${right}" y1="${y(share)}" y2="${y(share)}"/>`,
      `<text x="${PLOT.left - 8}" y="${y(share) + 4}" text-anchor="end">${percent(share)}</text>`,
    );
  }
  for (const round of [0, rounds / 2, rounds])
    lines.push(`<text x="${x(round)}" y="${bottom + 18}" text-anchor="middle">${round}</text>`);
  lines.push(
    `<text x="${(PLOT.left + right) / 2}" y="${bottom + 36}" text-anchor="middle">rounds</text>`,
    `<line class="target" x1="${PLOT.left}" x2="${right}" y1="${y(target)}" y2="${y(target)}"/>`,
  );
  for (const [i, { name, values }] of curves.entries()) {
    const tone = TONES[i % TONES.length] as string;
    const legend = PLOT.left + (i * (right - PLOT.left)) / curves.length;
    const points = values.map((value, round) => `${x(round + 1)} ${y(value)}`);
    lines.push(
      `<path class="${tone}" d="M${legend} 42h16"/>`,
      `<text x="${legend + 22}" y="46">${escaped(name)}</text>`,
      `<path class="${tone}" d="M${points.join('L')}"/>`,
    );
  }
  return lines;
}

/** The next end of an axis that halves evenly: 10, 20, 50, 100 … */
function niceEnd(value: number): number {
  for (let power = 10; ; power *= 10) for (const end of [power, 2 * power, 5 * power]) if (end >= value) return end;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function places(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
