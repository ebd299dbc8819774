import { expect, it } from 'vitest';
import { errorEnvelope, okEnvelope } from '../../../src/protocol/envelope.ts';

it('is one line of JSON with a status (contract 2.3)', () => {
  expect(okEnvelope({ message: 'a\nb', actions: [] })).toBe(
    '{"status":"ok","data":{"message":"a\\nb","actions":[]}}\n',
  );
  expect(errorEnvelope('no "way"\n')).toBe('{"status":"error","error":"no \\"way\\"\\n"}\n');
});
