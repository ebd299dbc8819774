/** The pinned node of this machine, as the executable carries it. That it runs is test/e2e/install.test.ts's to show. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { machineOf, stripElf } from '../../../src/build/elf.ts';
import { bringAtomics } from '../../../src/build/own-atomics.ts';

const node = readFileSync(process.execPath);

describe('an executable', () => {
  it('is of a known machine, or refused', () => {
    expect(['amd64', 'arm64']).toContain(machineOf(node));
    expect(() => stripElf(Buffer.from('#!/bin/sh\n'.padEnd(64)))).toThrow(
      'not an ELF file for amd64 or arm64',
    );
  });

  it('gets shorter without its symbols, and no shorter a second time', () => {
    const stripped = stripElf(node);
    expect(stripped.length).toBeLessThan(node.length * 0.85);
    expect(stripElf(stripped).equals(stripped)).toBe(true);
  });

  it('takes nothing from libatomic any more', () => {
    const own = bringAtomics(node);
    expect(own.equals(node)).toBe(false);
    expect(bringAtomics(own).equals(own)).toBe(true);
    // In their place: a few instructions, one relocation, one list entry.
    let changed = 0;
    for (let at = 0; at < node.length; at++) if (own[at] !== node[at]) changed++;
    expect(own.length).toBe(node.length);
    expect(changed).toBeLessThan(600);
  });
});
