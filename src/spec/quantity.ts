/** Sizes and durations as operators write them. */

const memoryUnits: Readonly<Record<string, number>> = {
  '': 1,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
};

/** Kubernetes-style memory (`4Gi`, `500M`, plain bytes) in bytes; undefined where it is not one. */
export function memoryBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti|K|M|G|T|)$/.exec(text);
  return match ? Number(match[1]) * memoryUnits[match[2]!]! : undefined;
}

export function isCpu(text: string): boolean {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) > 0 : /^[1-9]\d*m$/.test(text);
}

/** Units of postgresql.conf and of docker's --shm-size share letters: both count in 1024. */
const sizeUnits: Readonly<Record<string, number>> = {
  b: 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
};

/** `256MB`, `1g`, `1073741824`; a bare number counts in `bare` bytes. */
export function sizeBytes(text: string, bare = 1): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?$/i.exec(text.trim());
  if (!match) return undefined;
  const unit = match[2] === '' ? (/b$/i.test(text.trim()) ? 1 : bare) : sizeUnits[match[2]!.toLowerCase()]!;
  return Math.round(Number(match[1]) * unit);
}

const durationUnits: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** `90s`, `2m`, `7d`, `2w`, `168h`, `1h30m` in seconds; undefined where it is not a duration. */
export function durationSeconds(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?[smhdw])+$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)([smhdw])/g))
    seconds += Number(amount) * durationUnits[unit!]!;
  return seconds;
}
