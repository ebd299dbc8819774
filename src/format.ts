/** Numbers for human eyes. */

const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `245.3 MB`, counted in 1024 as PostgreSQL does. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** Within a sentence: `512 bytes`, `90.0 MB`. */
export const spellBytes = (bytes: number): string =>
  Math.abs(bytes) < 1024 ? `${bytes} ${Math.abs(bytes) === 1 ? 'byte' : 'bytes'}` : formatBytes(bytes);

/** `45s`, `3m 20s`, `5h 12m`, `3d 4h`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's'],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  if (first === -1) return '0s';
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount}${unit}`)
    .join(' ');
}
