/**
 * Node 26 loads libatomic.so.1, which a plain Debian or Ubuntu does not have, for one function that it calls with one
 * size: an atomic compare-and-exchange of eight bytes. The executable brings these dozen instructions along: they go
 * into the unused end of the code segment's last page, node's relocation for the function points at them, and the library
 * leaves the list of what the loader needs. A node that takes anything else from libatomic stops the build.
 */
import {
  isExecutable,
  machineOf,
  offsetOf,
  putWord,
  type Segment,
  segmentsOf,
  segmentType,
  textAt,
  word,
} from './elf.ts';

const library = 'libatomic.so.1';
const replaced = '__atomic_compare_exchange';

/** (size, object, expected, desired): whether it was exchanged; if not, `expected` gets what was there. */
const code = {
  amd64: [
    '4883ff08', //     cmp   rdi, 8
    '7512', //         jne   trap
    '488b02', //       mov   rax, [rdx]
    '488b09', //       mov   rcx, [rcx]
    'f0480fb10e', //   lock cmpxchg [rsi], rcx
    '488902', //       mov   [rdx], rax
    '0f94c0', //       sete  al
    'c3', //           ret
    '0f0b', //   trap: ud2
  ],
  arm64: [
    '1f2000f1', //        cmp   x0, #8
    'c1010054', //        b.ne  trap
    '440040f9', //        ldr   x4, [x2]
    '650040f9', //        ldr   x5, [x3]
    '26fc5fc8', // again: ldaxr x6, [x1]
    'df0004eb', //        cmp   x6, x4
    'a1000054', //        b.ne  differs
    '25fc07c8', //        stlxr w7, x5, [x1]
    '87ffff35', //        cbnz  w7, again
    '20008052', //        mov   w0, #1
    'c0035fd6', //        ret
    '5f3f03d5', // differs: clrex
    '460000f9', //        str   x6, [x2]
    '00008052', //        mov   w0, #0
    'c0035fd6', //        ret
    '000020d4', // trap:  brk   #0
  ],
} as const;

/** Relocation types: "the address of this symbol", which is what a call through the PLT has, and "this address". */
const relocation = { amd64: { slot: 7, address: 8 }, arm64: { slot: 1026, address: 1027 } } as const;

const tag = {
  needed: 1,
  relocationsLength: 2,
  strings: 5,
  symbols: 6,
  rela: 7,
  relaLength: 8,
  slots: 23,
  versions: 0x6ffffff0,
  neededVersions: 0x6ffffffe,
  neededVersionsCount: 0x6fffffff,
} as const;

export function bringAtomics(original: Buffer): Buffer {
  const file = Buffer.from(original);
  const machine = machineOf(file);
  const segments = segmentsOf(file);
  const entries = dynamicEntries(file, segments);
  const at = (wanted: number): number => offsetOf(segments, contentOf(wanted));
  const contentOf = (wanted: number): number => {
    const entry = entries.find(entry => entry.tag === wanted);
    if (!entry) throw new Error(`the dynamic section has no ${wanted.toString(16)}`);
    return entry.value;
  };
  const nameOf = (offset: number) => textAt(file, at(tag.strings) + offset);

  const need = entries.findIndex(entry => entry.tag === tag.needed && nameOf(entry.value) === library);
  if (need === -1) return file;

  const versions = dropVersions(file, entries, at(tag.neededVersions), nameOf);
  const versionOf = (symbol: number) => at(tag.versions) + 2 * symbol;
  const isTheirs = (symbol: number) => versions.has(file.readUInt16LE(versionOf(symbol)));
  if (relocationsIn(file, at(tag.rela), contentOf(tag.relaLength)).some(({ symbol }) => isTheirs(symbol)))
    throw new Error(`node takes an address from ${library}`);

  const address = putCode(file, segments, Buffer.from(code[machine].join(''), 'hex'));
  for (const { at: place, symbol, type } of relocationsIn(
    file,
    at(tag.slots),
    contentOf(tag.relocationsLength),
  )) {
    if (!isTheirs(symbol)) continue;
    const entry = at(tag.symbols) + 24 * symbol;
    const name = nameOf(file.readUInt32LE(entry));
    if (name !== replaced || type !== relocation[machine].slot)
      throw new Error(`node takes ${name} from ${library}`);
    putWord(file, place + 8, relocation[machine].address);
    putWord(file, place + 16, address);
    // The symbol itself stays behind, weak and of no version.
    file.writeUInt8((2 << 4) | (file.readUInt8(entry + 4) & 15), entry + 4);
    file.writeUInt16LE(1, versionOf(symbol));
  }
  // The entries behind it move up; the last one is empty.
  const from = entries[need]!.at + 16;
  file.copyWithin(entries[need]!.at, from, entries.at(-1)!.at + 16);
  return file;
}

interface DynamicEntry {
  readonly at: number;
  readonly tag: number;
  readonly value: number;
}

/** Up to and with the empty one that ends them. */
function dynamicEntries(file: Buffer, segments: readonly Segment[]): readonly DynamicEntry[] {
  const { offset } = segments.find(({ type }) => type === segmentType.dynamic)!;
  const entries: DynamicEntry[] = [];
  for (let at = offset; entries.at(-1)?.tag !== 0; at += 16)
    entries.push({ at, tag: word(file, at), value: word(file, at + 8) });
  return entries;
}

function relocationsIn(file: Buffer, start: number, length: number) {
  return Array.from({ length: length / 24 }, (_, index) => {
    const at = start + 24 * index;
    return { at, type: file.readUInt32LE(at + 8), symbol: file.readUInt32LE(at + 12) };
  });
}

/** Takes the library out of the chain of wanted versions. Returns the numbers its versions had. */
function dropVersions(
  file: Buffer,
  entries: readonly DynamicEntry[],
  first: number,
  nameOf: (offset: number) => string,
): ReadonlySet<number> {
  let before: number | undefined;
  let at = first;
  while (nameOf(file.readUInt32LE(at + 4)) !== library) {
    const step = file.readUInt32LE(at + 12);
    if (step === 0) throw new Error(`no version of ${library} is asked for`);
    before = at;
    at += step;
  }
  const step = file.readUInt32LE(at + 12);
  if (before === undefined) {
    const start = entries.find(entry => entry.tag === tag.neededVersions)!;
    putWord(file, start.at + 8, start.value + step);
  } else {
    file.writeUInt32LE(step === 0 ? 0 : file.readUInt32LE(before + 12) + step, before + 12);
  }
  const count = entries.find(entry => entry.tag === tag.neededVersionsCount)!;
  putWord(file, count.at + 8, count.value - 1);

  const numbers = new Set<number>();
  let auxiliary = at + file.readUInt32LE(at + 8);
  for (let left = file.readUInt16LE(at + 2); left > 0; left--) {
    numbers.add(file.readUInt16LE(auxiliary + 6));
    auxiliary += file.readUInt32LE(auxiliary + 12);
  }
  return numbers;
}

/** Lengthens the code segment within its last page. Returns the address of the code. */
function putCode(file: Buffer, segments: readonly Segment[], bytes: Buffer): number {
  const segment = segments.find(one => one.type === segmentType.load && isExecutable(one))!;
  const offset = Math.ceil((segment.offset + segment.length) / 16) * 16;
  const end = offset + bytes.length;
  const next = Math.min(
    ...segments.map(one => one.offset).filter(start => start >= segment.offset + segment.length),
  );
  if (
    end > next ||
    end > Math.ceil(offset / 4096) * 4096 ||
    file.subarray(offset, end).some(byte => byte !== 0)
  )
    throw new Error('there is no room behind the code of node');
  bytes.copy(file, offset);
  putWord(file, segment.at + 32, end - segment.offset);
  putWord(file, segment.at + 40, end - segment.offset);
  return segment.address + offset - segment.offset;
}
