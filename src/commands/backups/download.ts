import { findBackup, loadCatalogue, requireDump, type WholeBackup } from '../../backup/catalogue.ts';
import { fileName } from '../../backup/file.ts';
import { loadPlace } from '../../backup/place.ts';
import { type Context, command, message } from '../../cli/command.ts';
import { formatBytes } from '../../cli/format.ts';
import { asText } from '../../cli/params.ts';
import { formatRef } from '../../cluster/names.ts';
import { Failure } from '../../errors.ts';
import { clusterParam } from '../shared-params.ts';
import { backupParam } from './parameters.ts';

/** What can be hashed for certain before the caller gives up. */
const hashedHereBytes = 4 * 1024 ** 3;

export const download = command({
  name: 'backups:download',
  summary: 'Copy a backup to this machine',
  params: {
    cluster: clusterParam,
    id: backupParam,
    to: {
      type: 'flag',
      metavar: '<path>',
      doc: 'file, or directory ending in /; default: its own name, here',
      parse: asText,
    },
  },
  details: `
A pg_dump archive in custom format, for a pg_restore of the same major or newer; from PostgreSQL 16 on one that is built with
zstd, as Debian's, Alpine's and the official images' are. An existing file is never overwritten. Up to 4 GB the checksum is
compared before a single byte is copied; for larger files the line to compare it with afterwards is printed.`,
  examples: [
    { line: 'vd pg:backups:download my-app/db b007', does: './b007-20260507T020000Z.dump' },
    { line: 'vd pg:backups:download my-app/db b007 --to /srv/archive/db.dump', does: 'under another name' },
  ],
  run: async (context, { cluster: ref, id, to }) => {
    const place = await loadPlace(context.io, ref);
    const backup = requireDump(place, findBackup(place, await loadCatalogue(context.io, place), id));
    const checked = await checkSum(context, formatRef(ref), backup);
    const name = fileName(backup, 'dump');
    const target = to === undefined ? `./${name}` : to.endsWith('/') ? `${to}${name}` : to;
    const sum = backup.sidecar?.sha256;
    const lines = [
      `postgres ${formatRef(ref)}: backup ${backup.id}, ${formatBytes(backup.sizeBytes ?? 0)} → ${target}`,
      ...(sum === undefined
        ? []
        : [
            checked
              ? `sha256 ${sum} verified`
              : `compare it afterwards: echo '${sum}  ${target}' | sha256sum -c`,
          ]),
    ];
    return message(lines.join('\n'), [
      {
        type: 'fetch_file',
        remote_path: backup.path,
        dest_path: target,
        size_bytes: backup.sizeBytes ?? 0,
        summary: `fetching ${name}`,
      },
    ]);
  },
});

/** A corrupt dump is not handed out. */
async function checkSum(
  { io }: Context,
  ref: string,
  { id, path, sidecar, sizeBytes = 0, status, reason }: WholeBackup,
): Promise<boolean> {
  const corrupt = (why: string) =>
    new Failure('refused', `backup ${id} of ${ref} is corrupt: ${why}`, {
      hint: `Choose another: vd pg:backups ${ref}. The file is ${path}.`,
    });
  if (status === 'corrupt') throw corrupt(reason ?? 'verification failed');
  if (sidecar === undefined || sizeBytes > hashedHereBytes) return false;
  const sum = await io.files.sha256(path);
  if (sum !== sidecar.sha256) throw corrupt(`sha256 is ${sum}, but ${sidecar.sha256} was captured`);
  return true;
}
