import { describe, expect, it } from 'vitest';
import { formatFailure } from '../../../src/errors.ts';
import { parseExpandRequest } from '../../../src/protocol/expand-request.ts';
import { failureOf } from '../../support/expansion.ts';

const refusal = (text: string) => formatFailure(failureOf(() => parseExpandRequest(text)));

describe('a request as the controller sends it (contract 2.2)', () => {
  it('is taken over', () => {
    const request = { kind: 'postgres', scope: 's', name: 'n', spec: { a: [1] }, config: { K: 'v' } };
    expect(parseExpandRequest(JSON.stringify(request))).toEqual(request);
  });

  it('leaves out what is empty', () => {
    expect(parseExpandRequest('{"kind":"pg","name":"n"}')).toEqual({
      kind: 'pg',
      scope: '',
      name: 'n',
      spec: {},
      config: {},
    });
    expect(parseExpandRequest('{"kind":"pg","name":"n","spec":null,"config":null}')).toMatchObject({
      spec: {},
      config: {},
    });
  });

  it('may grow keys', () => {
    expect(parseExpandRequest('{"kind":"pg","scope":"s","name":"n","later":1}')).not.toHaveProperty('later');
  });
});

describe('anything else is refused', () => {
  it('no stdin, with the way to preview', () => {
    expect(refusal(' \n')).toBe(
      'expand reads a request from stdin and got nothing\nhint: To preview a file, run voodu-postgres expand -f voodu.hcl.',
    );
  });

  it('no JSON', () => expect(refusal('kind: postgres')).toMatch(/^expand got no JSON on stdin/));

  it.each([
    ['[]', 'request: wants an object'],
    ['"x"', 'request: wants an object'],
    ['{}', 'kind: wants a string'],
    ['{"kind":""}', 'kind: is empty'],
    ['{"kind":"pg","scope":1}', 'scope: wants a string'],
    ['{"kind":"pg","spec":[]}', 'spec: wants an object'],
    ['{"kind":"pg","config":{"K":1}}', 'config.K: wants a string'],
  ])('%s, by its path', (text, problem) => {
    expect(refusal(text)).toBe(`the expand request is not what the controller sends\n  ${problem}`);
  });
});
