/** The newest finished backup, by its file name alone: cheap enough for every `info` and `check`. */
import type { Files } from '../io.ts';

export interface LastBackup {
  readonly id: string;
  readonly created_at: string;
  readonly status: 'complete';
}

export async function lastBackup(files: Files, directory: string): Promise<LastBackup | undefined> {
  const found = (await files.list(directory).catch(() => [])).flatMap(({ name }) => {
    const match = /^(b\d{3,})-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.dump$/.exec(name);
    if (!match) return [];
    const [, id, year, month, day, hour, minute, second] = match;
    return [
      {
        id: id!,
        created_at: `${year}-${month}-${day}T${hour}:${minute}:${second}Z`,
        status: 'complete' as const,
      },
    ];
  });
  return found.sort((a, b) => (a.created_at < b.created_at ? 1 : -1))[0];
}
