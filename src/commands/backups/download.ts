import { findBackup, loadCatalogue, requireDump, type WholeBackup } from '../../backup/catalogue.ts';
import { fileName } from '../../backup/file.ts';
import { loadShelf } from '../../backup/place.ts';
import { type Context, command, message } from '../../cli/command.ts';
import { asText } from '../../cli/params.ts';
import { formatRef } from '../../cluster/names.ts';
import { Failure } from '../../errors.ts';
import { formatBytes } from '../../format.ts';
import { clusterParam } from '../shared-params.ts';
import { backupParam } from './parameters.ts';

/** Left of the controller's time for the reply. */
const reserveMs = 3_000;

export const download = command({
  name: 'backups:download',
  summary: 'Copy a backup to this machine',
  params: {
    cluster: clusterParam,
    id: backupParam,
    to: {
      type: 'flag',
      metavar: '<path>',
      doc: 'file, or a directory; default: its own name, here',
      parse: asText,
    },
  },
  details: `
A pg_dump archive in custom format, for a pg_restore of the same major or newer; from PostgreSQL 16 on one that is built with
zstd, as Debian's, Alpine's and the official images' are, or any where it was captured with --compress gzip. An existing file
is never overwritten. The checksum is compared before a single byte is copied, as long as that takes less than a command may
(some 20 s); for larger files the line to compare it with afterwards is printed.`,
  examples: [
    { line: 'vd pg:backups:download my-app/db b007', does: './b007-20260507T020000Z.dump' },
    { line: 'vd pg:backups:download my-app/db b007 --to /srv/archive/db.dump', does: 'under another name' },
    { line: 'vd pg:backups:download my-app/db b007 --to /srv/archive/', does: 'its own name, elsewhere' },
  ],
  run: async (context, { cluster: ref, id, to }) => {
    const place = await loadShelf(context.io, ref);
    const backup = requireDump(place, findBackup(place, await loadCatalogue(context.io, place), id));
    const checked = await checkSum(context, formatRef(ref), backup);
    const name = fileName(backup, 'dump');
    const target = await targetOf(context, name, to);
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

/** A directory is told by how it is written; one of this host, where vd often runs, by a look at it. */
async function targetOf({ io }: Context, name: string, to = '.'): Promise<string> {
  const isDirectory =
    /(^|\/)\.{0,2}$/.test(to) || (to.startsWith('/') && (await io.files.stat(to))?.directory === true);
  return isDirectory ? `${to.replace(/\/+$/, '')}/${name}` : to;
}

/** False where there was no time for it, or nothing to compare with. A corrupt dump is not handed out. */
async function checkSum(
  { io, deadline }: Context,
  ref: string,
  { id, path, sidecar, status, reason }: WholeBackup,
): Promise<boolean> {
  const corrupt = (why: string) =>
    new Failure('refused', `backup ${id} of ${ref} is corrupt: ${why}`, {
      hint: `Choose another: vd pg:backups ${ref}. The file is ${path}.`,
    });
  if (status === 'corrupt') throw corrupt(reason ?? 'verification failed');
  if (sidecar === undefined) return false;
  const late = io.host.after(Math.max(0, deadline.getTime() - reserveMs - io.host.now().getTime()));
  const sum = await io.files.sha256(path, late).catch(error => {
    if (late.aborted) return undefined;
    throw error;
  });
  if (sum === undefined) return false;
  if (sum !== sidecar.sha256) throw corrupt(`sha256 is ${sum}, but ${sidecar.sha256} was captured`);
  return true;
}
