/** Log sequence numbers as PostgreSQL prints them (`0/3000148`) and as bytes. */

export type Lsn = string;

export function lsnBytes(lsn: Lsn): bigint {
  const [high = '0', low = '0'] = lsn.split('/');
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}

/** How many bytes `ahead` is ahead of `behind`; negative when it is not. */
export function lsnDistance(ahead: Lsn, behind: Lsn): number {
  return Number(lsnBytes(ahead) - lsnBytes(behind));
}
