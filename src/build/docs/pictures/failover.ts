/** docs/failover.svg: a planned promotion, step by step, from top to bottom. */
import { arrow, box, type Colour, colours, line, type Point, picture, text } from './svg.ts';

const lanes = {
  command: { x: 108, name: 'vd pg:promote', below: '--replica 1' },
  record: { x: 300, name: 'record of epochs', below: 'on the host' },
  pod0: { x: 486, name: 'my-app-db.0', below: 'primary, then standby' },
  pod1: { x: 672, name: 'my-app-db.1', below: 'standby, then primary' },
  pod2: { x: 858, name: 'my-app-db.2', below: 'standby' },
  apps: { x: 1034, name: 'linked apps', below: '' },
} as const;

type Lane = keyof typeof lanes;

const width = 1124;
const height = 800;
const top = 84;

export const failoverPicture = (): string =>
  picture({
    width,
    height,
    title: 'A planned promotion of ordinal 1',
    description:
      'Look at every pod; checkpoint and stop the old primary; prove that the target has everything; claim the next epoch; ' +
      'promote the target; the other pods follow by themselves; linked apps get new URLs.',
    shapes: [...heads(), ...pause(), ...steps()],
  });

function heads(): string[] {
  return Object.values(lanes).flatMap(({ x, name, below }) => [
    line(at(x, top - 14), at(x, height - 20), colours.line),
    box({ x: x - 78, y: 18, width: 156, height: 52 }, colours.plain, colours.line),
    text(at(x, below === '' ? 49 : 40), name, { bold: true, size: 13 }),
    ...(below === '' ? [] : [text(at(x, 59), below, { size: 11, fill: colours.quiet })]),
  ]);
}

/** While nobody accepts writes, at the right edge of the old primary's lane. */
function pause(): string[] {
  const area = { x: lanes.pod0.x - 7, y: 262, width: 14, height: 300 };
  return [box(area, colours.record, colours.recordLine)];
}

function steps(): string[] {
  return [
    ...numbered(112, '1', 'look: role, system id, timeline, LSN, slot, lag'),
    ...['pod0', 'pod1', 'pod2'].map(lane => message('command', lane as Lane, 128, colours.line)),
    aside(
      at(lanes.command.x + 14, 150),
      'anything wrong: refused, with what to type next; --dry-run ends here',
    ),

    ...numbered(190, '2', 'CHECKPOINT, so that the stop is short'),
    message('command', 'pod0', 206, colours.writerLine),

    ...numbered(246, '3', 'step down: stop the server cleanly'),
    message('command', 'pod0', 262, colours.writerLine),
    message('pod0', 'command', 296, colours.writerLine, true),
    aside(at(lanes.command.x + 18, 284), 'stopped at LSN 0/5000128'),
    text(at(lanes.pod0.x + 16, 320), 'writes pause here:', {
      anchor: 'start',
      size: 12,
      fill: colours.recordLine,
      halo: true,
    }),
    text(at(lanes.pod0.x + 16, 337), 'nobody accepts them', {
      anchor: 'start',
      size: 12,
      fill: colours.recordLine,
      halo: true,
    }),

    ...numbered(362, '4', 'proof: has ordinal 1 replayed beyond that LSN?'),
    message('command', 'pod1', 378, colours.readerLine),
    message('pod1', 'command', 412, colours.readerLine, true),
    aside(at(lanes.command.x + 18, 400), 'yes'),
    refusal(at(lanes.command.x + 14, 432), 'no: ordinal 0 starts again, nothing changed'),

    ...numbered(470, '5', 'claim epoch 2: primary = 1'),
    message('command', 'record', 486, colours.recordLine),
    aside(at(lanes.pod0.x + 16, 491), 'only one can create that file; from here there is no way back', true),

    ...numbered(530, '6', 'pg_promote'),
    message('command', 'pod1', 546, colours.readerLine),
    aside(at(lanes.pod1.x + 14, 551), 'timeline 2, writes go on', true),

    ...numbered(594, '7', 'they read the new epoch and follow by themselves'),
    message('record', 'pod0', 610, colours.recordLine),
    message('record', 'pod2', 634, colours.recordLine),
    message('pod1', 'pod0', 664, colours.readerLine),
    message('pod1', 'pod2', 664, colours.readerLine),
    text(at(lanes.pod1.x, 684), 'both stream from ordinal 1', { size: 12, fill: colours.quiet, halo: true }),

    ...numbered(718, '8', 'new DATABASE_URL and DATABASE_READ_URL; each app restarts once'),
    message('command', 'apps', 734, colours.writerLine),
    aside(at(lanes.command.x + 14, 758), 'done: who is primary, who streams, how long writes paused'),
  ];
}

function numbered(y: number, number: string, words: string): string[] {
  const x = 20;
  return [
    `<circle cx="${x + 12}" cy="${y - 5}" r="12" fill="${colours.ink}"/>`,
    text(at(x + 12, y), number, { size: 13, fill: colours.paper, bold: true }),
    text(at(lanes.command.x + 14, y), words, { anchor: 'start', size: 13, halo: true }),
  ];
}

function message(from: Lane, to: Lane, y: number, colour: Colour, reply = false): string {
  const direction = lanes[to].x > lanes[from].x ? 1 : -1;
  const gap = (lane: Lane) => (lane === 'pod0' && y > 262 && y < 562 ? 9 : 2);
  return arrow(
    [at(lanes[from].x + direction * gap(from), y), at(lanes[to].x - direction * gap(to), y)],
    colour,
    { dashed: reply },
  );
}

const aside = (place: Point, words: string, strong = false): string =>
  text(place, words, {
    anchor: 'start',
    size: 12,
    fill: strong ? colours.ink : colours.quiet,
    halo: true,
  });

const refusal = (place: Point, words: string): string =>
  text(place, words, { anchor: 'start', size: 12, fill: colours.refusal, halo: true });

const at = (x: number, y: number): Point => ({ x, y });
