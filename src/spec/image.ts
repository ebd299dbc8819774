/**
 * The PostgreSQL major that an image's tag shows: `postgres:16`, `postgres:16.4-bookworm`, `pgvector/pgvector:pg17`.
 * Undefined for other repositories, whose tags count something else, and for tags without a major;
 * then the pod itself checks what the image holds.
 */
export function imageMajor(image: string): number | undefined {
  const match = /^(?:.*\/)?([^/:@]+):([^/:@]+)(?:@.*)?$/.exec(image);
  if (!match || !/^(postgres|postgresql|postgis|pgvector)$/.test(match[1]!)) return undefined;
  const pattern = match[1] === 'pgvector' ? /(?:^|-)pg(\d{1,2})(?=$|-)/ : /^(\d{1,2})(?=$|[.-])/;
  const major = pattern.exec(match[2]!)?.[1];
  return major === undefined ? undefined : Number(major);
}
