/** As much of a 64-bit little-endian ELF executable as a release has to change (System V ABI, chapters 4 and 5). */

export interface Segment {
  /** Where its program header is. */
  readonly at: number;
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly length: number;
}

export const segmentType = { load: 1, dynamic: 2 } as const;
export const isExecutable = ({ flags }: Segment): boolean => (flags & 1) === 1;

const sectionTable = { offset: 40, count: 60, names: 62 } as const;
const machines: Readonly<Record<number, 'amd64' | 'arm64'>> = { 62: 'amd64', 183: 'arm64' };

export function machineOf(file: Buffer): 'amd64' | 'arm64' {
  const is64LittleEndian = file.readUInt32BE(0) === 0x7f454c46 && file[4] === 2 && file[5] === 1;
  const machine = is64LittleEndian ? machines[file.readUInt16LE(18)] : undefined;
  if (machine === undefined) throw new Error('not an ELF file for amd64 or arm64');
  return machine;
}

export function segmentsOf(file: Buffer): readonly Segment[] {
  const table = word(file, 32);
  const size = file.readUInt16LE(54);
  return Array.from({ length: file.readUInt16LE(56) }, (_, index) => {
    const at = table + index * size;
    return {
      at,
      type: file.readUInt32LE(at),
      flags: file.readUInt32LE(at + 4),
      offset: word(file, at + 8),
      address: word(file, at + 16),
      length: word(file, at + 32),
    };
  });
}

/** Where in the file lies what is mapped at an address. */
export function offsetOf(segments: readonly Segment[], address: number): number {
  const found = segments.find(
    segment =>
      segment.type === segmentType.load &&
      address >= segment.address &&
      address < segment.address + segment.length,
  );
  if (!found) throw new Error(`nothing of the file is mapped at ${address.toString(16)}`);
  return found.offset + address - found.address;
}

export const word = (file: Buffer, at: number): number => Number(file.readBigUInt64LE(at));
export const putWord = (file: Buffer, at: number, value: number): void => {
  file.writeBigUInt64LE(BigInt(value), at);
};

export const textAt = (file: Buffer, at: number): string => file.toString('latin1', at, file.indexOf(0, at));

/**
 * Without what only debuggers read: the section table and all that lies behind the last byte a loader maps. binutils'
 * `strip` does it for its own architecture alone, and each version of it differently.
 */
export function stripElf(file: Buffer): Buffer {
  machineOf(file);
  const end = Math.max(...segmentsOf(file).map(({ offset, length }) => offset + length));
  const stripped = Buffer.from(file.subarray(0, end));
  putWord(stripped, sectionTable.offset, 0);
  stripped.writeUInt16LE(0, sectionTable.count);
  stripped.writeUInt16LE(0, sectionTable.names);
  return stripped;
}
