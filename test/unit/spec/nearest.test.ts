import { expect, it } from 'vitest';
import { nearest } from '../../../src/spec/nearest.ts';

const known = ['image', 'replicas', 'port', 'ports', 'user', 'pg_config'];

it.each([
  ['imgae', 'image'],
  ['image_', 'image'],
  ['REPLICAS', 'replicas'],
  ['replicsa', 'replicas'],
  ['usr', 'user'],
  ['pg-config', 'pg_config'],
])('%s is near %s', (word, found) => expect(nearest(word, known)).toBe(found));

it.each(['image', 'hostname', 'p', 'xy', ''])('%j is near nothing else', word =>
  expect(nearest(word, known)).toBeUndefined(),
);

it('prefers the nearest of two, then the first', () => {
  expect(nearest('portss', known)).toBe('ports');
  expect(nearest('ab', ['ax', 'xb'])).toBe('ax');
});
