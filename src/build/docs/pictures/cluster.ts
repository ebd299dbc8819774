/** docs/cluster.svg: who talks to whom, and what lies where. */
import { arrow, box, colours, cylinder, type Point, picture, text } from './svg.ts';

const width = 980;
const height = 708;

const app = { x: 360, y: 24, width: 260, height: 58 };
const writer = { x: 60, y: 128, width: 300, height: 58 };
const reader = { x: 470, y: 128, width: 440, height: 58 };
const cluster = { x: 24, y: 236, width: 932, height: 268 };
const podWidth = 272;
const podTop = 272;
const podHeight = 168;
const podLeft = (ordinal: number): number => 48 + ordinal * 306;
const podMiddle = (ordinal: number): number => podLeft(ordinal) + podWidth / 2;
const hostTop = 566;

export const clusterPicture = (): string =>
  picture({
    width,
    height,
    title: 'A cluster of three pods',
    description:
      'An app reaches the primary through DATABASE_URL and the standbys through DATABASE_READ_URL. Each pod has a volume of its own. ' +
      'Standbys stream from the primary. All pods read the record of epochs on the host, and backups are written into a directory of the host.',
    shapes: [...apps(), ...urls(), ...pods(), ...streaming(), ...host()],
  });

function apps(): string[] {
  return [
    box(app, colours.plain, colours.line),
    text({ x: 490, y: 48 }, 'my-app/web', { bold: true }),
    text({ x: 490, y: 68 }, 'an app, linked with --reads', { size: 12, fill: colours.quiet }),
  ];
}

function urls(): string[] {
  return [
    arrow([at(420, 82), at(420, 105), at(210, 105), at(210, 126)], colours.writerLine),
    arrow([at(560, 82), at(560, 105), at(690, 105), at(690, 126)], colours.readerLine),
    box(writer, colours.writer, colours.writerLine),
    text({ x: 210, y: 152 }, 'DATABASE_URL', { bold: true, mono: true, size: 13 }),
    text({ x: 210, y: 172 }, 'db-0.my-app.voodu:5432', { mono: true, size: 12 }),
    box(reader, colours.reader, colours.readerLine),
    text({ x: 690, y: 152 }, 'DATABASE_READ_URL', { bold: true, mono: true, size: 13 }),
    text({ x: 690, y: 172 }, 'db-1.my-app.voodu, db-2.my-app.voodu', { mono: true, size: 12 }),
    arrow([at(podMiddle(0), 186), at(podMiddle(0), podTop - 2)], colours.writerLine),
    arrow([at(podMiddle(1) + 80, 186), at(podMiddle(1) + 80, podTop - 2)], colours.readerLine),
    arrow([at(podMiddle(2), 186), at(podMiddle(2), podTop - 2)], colours.readerLine),
  ];
}

function pods(): string[] {
  return [
    box(cluster, 'none', colours.line, { dashed: true }),
    text({ x: 377, y: 260 }, 'statefulset my-app/db', { size: 13, fill: colours.quiet }),
    ...[0, 1, 2].flatMap(pod),
  ];
}

function pod(ordinal: number): string[] {
  const primary = ordinal === 0;
  const fill = primary ? colours.writer : colours.reader;
  const stroke = primary ? colours.writerLine : colours.readerLine;
  const x = podMiddle(ordinal);
  const volume = { x: podLeft(ordinal) + 24, y: podTop + 92, width: podWidth - 48, height: 58 };
  return [
    box({ x: podLeft(ordinal), y: podTop, width: podWidth, height: podHeight }, fill, stroke),
    text({ x, y: podTop + 26 }, `my-app-db.${ordinal}`, { bold: true, mono: true }),
    text({ x, y: podTop + 48 }, primary ? 'primary: reads and writes' : 'standby: reads'),
    text({ x, y: podTop + 70 }, 'PID 1: the entrypoint; its child: postgres', {
      size: 12,
      fill: colours.quiet,
    }),
    cylinder(volume, colours.paper, stroke),
    text({ x, y: podTop + 132 }, `voodu-my-app-db-data-${ordinal}`, { mono: true, size: 12 }),
  ];
}

/** Below the pods, out of each other's way. */
function streaming(): string[] {
  const bottom = podTop + podHeight;
  const rail = bottom + 34;
  return [
    arrow(
      [
        at(podMiddle(0), bottom),
        at(podMiddle(0), rail),
        at(podMiddle(1), rail),
        at(podMiddle(1), bottom + 2),
      ],
      colours.readerLine,
    ),
    arrow([at(podMiddle(1), rail), at(podMiddle(2), rail), at(podMiddle(2), bottom + 2)], colours.readerLine),
    text({ x: podMiddle(0) + 153, y: rail + 20 }, 'WAL, streamed', { size: 12, fill: colours.quiet }),
    text({ x: podMiddle(1) + 153, y: rail + 20 }, 'one replication slot for each standby', {
      size: 12,
      fill: colours.quiet,
    }),
  ];
}

function host(): string[] {
  const record = { x: 24, y: hostTop, width: 452, height: 118 };
  const backups = { x: 504, y: hostTop, width: 452, height: 118 };
  const left = record.x + 20;
  const right = backups.x + 20;
  const row = (x: number, index: number, words: string, mono = false) =>
    text(at(x, hostTop + 28 + index * 24), words, { anchor: 'start', size: 13, mono, bold: index === 0 });
  return [
    arrow([at(250, 504), at(250, hostTop - 2)], colours.recordLine),
    text(at(262, 540), 'every pod reads it once a second', {
      anchor: 'start',
      size: 12,
      fill: colours.quiet,
    }),
    arrow([at(730, 504), at(730, hostTop - 2)], colours.backupLine),
    text(at(742, 540), 'pg_dump, in a container of its own', {
      anchor: 'start',
      size: 12,
      fill: colours.quiet,
    }),
    box(record, colours.record, colours.recordLine),
    row(left, 0, 'Record of epochs: who may write'),
    row(left, 1, '/opt/voodu/state/postgres/my-app/db', true),
    row(left, 2, 'epochs/1: primary 0, initialised', true),
    row(left, 3, 'one file for each promotion; the highest number is in force'),
    box(backups, colours.backup, colours.backupLine),
    row(right, 0, 'Backups'),
    row(right, 1, '/opt/voodu/backups/my-app/db', true),
    row(right, 2, 'b007-20260507T030000Z.dump', true),
    row(right, 3, 'beside it: checksum and row counts, roles and settings'),
  ];
}

const at = (x: number, y: number): Point => ({ x, y });
