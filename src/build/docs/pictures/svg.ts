/** The few shapes the pictures are drawn with. Every function returns SVG text; numbers are whole, so the bytes are stable. */

export const colours = {
  ink: '#1f2933',
  quiet: '#5f6b7a',
  line: '#8a94a3',
  paper: '#ffffff',
  plain: '#f4f6f8',
  writer: '#d9e8fb',
  writerLine: '#2f6fbf',
  reader: '#dcf3e4',
  readerLine: '#2e8a57',
  record: '#fdf0d2',
  recordLine: '#b7791f',
  backup: '#ece7f8',
  backupLine: '#6b55b3',
  refusal: '#b23b3b',
} as const;

export type Colour = (typeof colours)[keyof typeof colours];

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Area extends Point {
  readonly width: number;
  readonly height: number;
}

interface TextStyle {
  readonly size?: number;
  readonly fill?: Colour;
  readonly bold?: boolean;
  readonly mono?: boolean;
  readonly anchor?: 'start' | 'middle' | 'end';
  /** Paper behind the letters, where a line runs below them. */
  readonly halo?: boolean;
}

const sans = 'Helvetica, Arial, DejaVu Sans, sans-serif';
const mono = 'Menlo, Consolas, DejaVu Sans Mono, monospace';

export function text({ x, y }: Point, words: string, style: TextStyle = {}): string {
  const { size = 14, fill = colours.ink, bold, anchor = 'middle', halo } = style;
  const attributes = [
    `x="${x}" y="${y}" font-size="${size}" fill="${fill}" text-anchor="${anchor}"`,
    ...(style.mono ? [`font-family="${mono}"`] : []),
    ...(bold ? ['font-weight="bold"'] : []),
    ...(halo
      ? [`paint-order="stroke" stroke="${colours.paper}" stroke-width="8" stroke-linejoin="round"`]
      : []),
  ];
  return `<text ${attributes.join(' ')}>${asText(words)}</text>`;
}

export function box(
  area: Area,
  fill: Colour | 'none',
  line: Colour,
  options: { readonly dashed?: boolean } = {},
): string {
  const { x, y, width, height } = area;
  const dashes = options.dashed ? ' stroke-dasharray="6 5"' : '';
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8" fill="${fill}" stroke="${line}" stroke-width="1.5"${dashes}/>`;
}

/** A volume, as everybody draws them. */
export function cylinder(area: Area, fill: Colour, line: Colour): string {
  const { x, y, width, height } = area;
  const cap = 8;
  const right = x + width;
  const bottom = y + height - cap;
  const rim = `A ${width / 2} ${cap} 0 0`;
  const body = `M ${x} ${y + cap} ${rim} 1 ${right} ${y + cap} V ${bottom} ${rim} 1 ${x} ${bottom} Z`;
  const lid = `M ${x} ${y + cap} ${rim} 0 ${right} ${y + cap}`;
  return [
    `<path d="${body}" fill="${fill}" stroke="${line}" stroke-width="1.5"/>`,
    `<path d="${lid}" fill="none" stroke="${line}" stroke-width="1.5"/>`,
  ].join('\n');
}

/** Straight pieces between the points; the last one ends in an arrow head. */
export function arrow(points: readonly Point[], colour: Colour, options: { dashed?: boolean } = {}): string {
  const path = points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'} ${x} ${y}`).join(' ');
  const dashes = options.dashed ? ' stroke-dasharray="5 4"' : '';
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"${dashes} marker-end="url(#head-${colour.slice(1)})"/>`;
}

export function line(from: Point, to: Point, colour: Colour): string {
  return `<path d="M ${from.x} ${from.y} L ${to.x} ${to.y}" fill="none" stroke="${colour}" stroke-width="1.5" stroke-dasharray="3 5"/>`;
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** For those who hear the picture. */
  readonly title: string;
  readonly description: string;
  readonly shapes: readonly string[];
}

export function picture({ width, height, title, description, shapes }: Picture): string {
  const heads = [...new Set(Object.values(colours))].map(
    colour =>
      `<marker id="head-${colour.slice(1)}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M 0 0 L 10 5 L 0 10 z" fill="${colour}"/></marker>`,
  );
  const used = heads.filter(head =>
    shapes.some(shape => shape.includes(`#${/id="([^"]+)"/.exec(head)![1]}`)),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${sans}" role="img" aria-labelledby="title description">`,
    `<title id="title">${asText(title)}</title>`,
    `<desc id="description">${asText(description)}</desc>`,
    `<defs>\n${used.join('\n')}\n</defs>`,
    `<rect width="${width}" height="${height}" rx="10" fill="${colours.paper}"/>`,
    ...shapes,
    '</svg>',
    '',
  ].join('\n');
}

const asText = (words: string): string =>
  words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
