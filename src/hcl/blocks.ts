/**
 * An outline and its values become the blocks that the controller sees: the `kind`, `scope`, `name` and `spec` of an
 * expand request (contract 7 and 2.2). Kinds of the controller itself (deployment, job, asset …) come out in the same
 * shape, without the typed decoding and the defaults that `vd` gives them.
 */
import { Failure } from '../errors.ts';
import { environmentValue } from './environment-text.ts';
import type { Attribute, Item, Section } from './outline.ts';
import { plainValue, sortedRecord, type Values } from './values.ts';

export interface Block {
  /** The block type as it is written: an alias stays an alias. */
  readonly kind: string;
  readonly scope?: string;
  readonly name: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** The blocks of a file in source order. Attributes outside a block mean nothing to the controller. */
export function toBlocks(filename: string, items: readonly Item[], values: Values): Block[] {
  const firstLines = new Map<string, number>();
  return items
    .filter(item => item.type === 'block')
    .map(section => {
      const place = `${filename}:${section.line}`;
      const block = toBlock(section, { filename, kind: section.name, values });
      const identity = `${block.kind}/${block.scope ?? ''}/${block.name}`;
      const first = firstLines.get(identity);
      if (first !== undefined) throw duplicateIdentity(identity, place, first);
      firstLines.set(identity, section.line);
      return block;
    });
}

interface Reading {
  readonly filename: string;
  readonly kind: string;
  readonly values: Values;
}

function toBlock(section: Section, reading: Reading): Block {
  const labels = labelsOf(section, reading.values);
  const place = `${reading.filename}:${section.line}`;
  if (labels.length > 2) {
    throw new Failure('spec', `${place}: ${section.name} block: too many labels (max 2: scope and name)`, {
      hint: `Write ${section.name} "scope" "name" { … }.`,
    });
  }
  const name = labels.at(-1) ?? section.name;
  if (name === '') {
    throw new Failure('spec', `${place}: ${section.name} block: name must be non-empty`, {
      hint: `Write ${section.name} "scope" "name" { … }.`,
    });
  }
  const scope = labels.length === 2 ? labels[0] : undefined;
  const spec = withoutPlugin(toRecord(section.body, [], reading));
  return { kind: section.name, ...(scope ? { scope } : {}), name, spec };
}

/** `plugin { version = … }` tells the controller what to install; written twice it is an array and stays. */
function withoutPlugin(spec: Record<string, unknown>): Record<string, unknown> {
  const { plugin, ...rest } = spec;
  return typeof plugin === 'object' && plugin !== null && !Array.isArray(plugin) ? rest : spec;
}

/** A body as an object; a block replaces an attribute of its name. */
function toRecord(body: readonly Item[], path: readonly string[], reading: Reading): Record<string, unknown> {
  const entries = new Map<string, unknown>();
  for (const item of body) {
    if (item.type === 'attribute') entries.set(item.name, attributeValue(item, path, reading));
  }
  const sections = body.filter(item => item.type === 'block');
  for (const type of new Set(sections.map(section => section.name))) {
    const records = sections
      .filter(section => section.name === type)
      .map(section => sectionRecord(section, [...path, type], reading));
    entries.set(type, records.length === 1 ? records[0] : records);
  }
  return sortedRecord([...entries]);
}

function sectionRecord(section: Section, path: readonly string[], reading: Reading): Record<string, unknown> {
  const labels = labelsOf(section, reading.values);
  const record = toRecord(section.body, path, reading);
  return labels.length === 0 ? record : sortedRecord(Object.entries({ ...record, _labels: labels }));
}

function attributeValue(attribute: Attribute, path: readonly string[], reading: Reading): unknown {
  const raw = reading.values.get(attribute.expression);
  const at = `${reading.filename}:${attribute.line}: ${[...path, attribute.name].join('.')}`;
  const plain = plainValue(raw);
  // An asset may call file() and url(). What they fetch is no concern of an expansion, so the call stays as text.
  if ('expression' in plain && reading.kind === 'asset') return raw;
  if (attribute.dottedKey !== undefined) throw dottedKey(at, attribute.dottedKey);
  if ('expression' in plain) throw notPlain(at, plain.expression);
  return attribute.name === 'env' ? environmentValue(plain.value) : plain.value;
}

function labelsOf(section: Section, values: Values): string[] {
  return section.labels.map(label => {
    const plain = plainValue(values.get(label));
    return 'value' in plain ? String(plain.value) : plain.expression;
  });
}

function notPlain(at: string, expression: string): Failure {
  return new Failure('spec', `${at} is not a plain value: ${expression.trim().split('\n', 1)}`, {
    hint: 'Write the value out: the controller knows no variables and no functions here, and this preview does no arithmetic.',
  });
}

function dottedKey(at: string, key: string): Failure {
  return new Failure('spec', `${at} has a key with a dot in it: ${key}`, {
    hint: `Put the key in quotes: "${key}" = …`,
  });
}

function duplicateIdentity(identity: string, place: string, firstLine: number): Failure {
  return new Failure('spec', `${place}: duplicate identity ${identity}: declared more than once`, {
    hint: `The first one is on line ${firstLine}; keep one of them or give it another name.`,
  });
}
