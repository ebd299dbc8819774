/** Which addresses a download may connect to. The table is the IANA special-purpose registries, by what they are for. */

export type AddressClass =
  | 'public'
  | 'metadata'
  | 'unspecified'
  | 'loopback'
  | 'private'
  | 'link-local'
  | 'carrier-grade NAT'
  | 'multicast'
  | 'reserved';

/** `--allow-private` opens these; the others are never where a dump lies. */
const openable: readonly AddressClass[] = ['loopback', 'private', 'link-local', 'carrier-grade NAT'];

/** Why a download may not connect there; undefined where it may. */
export function addressProblem(address: string, allowPrivate: boolean): string | undefined {
  const kind = classifyAddress(address);
  if (kind === 'public' || (allowPrivate && openable.includes(kind))) return undefined;
  const article = /^[aeiou]/.test(kind) ? 'an' : 'a';
  return kind === 'metadata' ? "a cloud's metadata service" : `${article} ${kind} address`;
}

export const opensWithAllowPrivate = (address: string): boolean =>
  openable.includes(classifyAddress(address));

export function classifyAddress(address: string): AddressClass {
  const four = parseIpv4(address);
  if (four !== undefined) return classifyIpv4(four);
  const six = parseIpv6(address.replace(/%.*$/, '').replace(/^\[(.*)\]$/, '$1'));
  return six === undefined ? 'reserved' : classifyIpv6(six);
}

type Row = readonly [network: string, bits: number, kind: AddressClass];

/** First match wins. */
const ipv4Table: readonly Row[] = [
  ['169.254.169.254', 32, 'metadata'],
  ['169.254.170.2', 32, 'metadata'],
  ['100.100.100.200', 32, 'metadata'],
  ['168.63.129.16', 32, 'metadata'],
  ['0.0.0.0', 8, 'unspecified'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'carrier-grade NAT'],
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'link-local'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'reserved'],
  ['192.0.2.0', 24, 'reserved'],
  ['192.88.99.0', 24, 'reserved'],
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'private'],
  ['198.51.100.0', 24, 'reserved'],
  ['203.0.113.0', 24, 'reserved'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'],
];

const ipv6Table: readonly Row[] = [
  ['fd00:ec2::254', 128, 'metadata'],
  ['fd20:ce::254', 128, 'metadata'],
  ['::', 128, 'unspecified'],
  ['::1', 128, 'loopback'],
  ['fc00::', 7, 'private'],
  ['fe80::', 10, 'link-local'],
  ['fec0::', 10, 'private'],
  ['ff00::', 8, 'multicast'],
  ['64:ff9b:1::', 48, 'private'],
  // Teredo and 2001:0::/23 carry protocols, not hosts.
  ['2001::', 23, 'reserved'],
  ['2001:db8::', 32, 'reserved'],
  ['3fff::', 20, 'reserved'],
];

/** Prefixes whose addresses stand for an IPv4 one, and how far that is from the right end. */
const embedding: readonly (readonly [network: string, bits: number, shift: bigint])[] = [
  ['::ffff:0:0', 96, 0n],
  ['::ffff:0:0:0', 96, 0n],
  ['64:ff9b::', 96, 0n],
  ['2002::', 16, 80n],
];

function classifyIpv4(value: bigint): AddressClass {
  return (
    ipv4Table.find(([network, bits]) => inNetwork(value, parseIpv4(network)!, 32 - bits))?.[2] ?? 'public'
  );
}

function classifyIpv6(value: bigint): AddressClass {
  const carrier = embedding.find(([network, bits]) => inNetwork(value, parseIpv6(network)!, 128 - bits));
  if (carrier !== undefined) return classifyIpv4((value >> carrier[2]) & 0xffff_ffffn);
  const row = ipv6Table.find(([network, bits]) => inNetwork(value, parseIpv6(network)!, 128 - bits));
  if (row !== undefined) return row[2];
  // Only 2000::/3 is given out; the rest (IPv4-compatible ::a.b.c.d among it) is nobody's.
  return inNetwork(value, parseIpv6('2000::')!, 125) ? 'public' : 'reserved';
}

const inNetwork = (value: bigint, network: bigint, hostBits: number): boolean =>
  value >> BigInt(hostBits) === network >> BigInt(hostBits);

/** Dotted decimal only: that is what name servers and the URL parser hand out. */
function parseIpv4(text: string): bigint | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!match) return undefined;
  const parts = match.slice(1).map(Number);
  return parts.some(part => part > 255)
    ? undefined
    : parts.reduce((sum, part) => (sum << 8n) + BigInt(part), 0n);
}

function parseIpv6(text: string): bigint | undefined {
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (tail) {
    const four = parseIpv4(tail[2]!);
    return four === undefined
      ? undefined
      : parseIpv6(`${tail[1]}${(four >> 16n).toString(16)}:${(four & 0xffffn).toString(16)}`);
  }
  const halves = text.split('::');
  if (halves.length > 2 || text.includes(':::')) return undefined;
  const groups = (half: string) => (half === '' ? [] : half.split(':'));
  const left = groups(halves[0]!);
  const right = groups(halves[1] ?? '');
  const missing = 8 - left.length - right.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...left, ...Array<string>(halves.length === 2 ? missing : 0).fill('0'), ...right];
  if (!all.every(group => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return all.reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n);
}

/** Whether a URL's host is an address rather than a name. */
export const isAddress = (host: string): boolean =>
  parseIpv4(host) !== undefined || parseIpv6(host.replace(/^\[(.*)\]$/, '$1')) !== undefined;
