import { expect, it } from 'vitest';
import { parseInvocation } from '../../../src/protocol/invocation.ts';

it('reads what the controller sends with a command (contract 2.2)', () => {
  const sent = {
    plugin: 'pg',
    command: 'backups:capture',
    controller_url: 'http://127.0.0.1:8686',
    plugin_dir: '/opt/voodu/plugins/postgres',
    node_name: 'voodu-0',
  };
  expect(parseInvocation(JSON.stringify(sent))).toEqual(sent);
});

it.each(['', ' \n', 'no json', '[]', '"x"', '{"plugin":1}', 'null'])(
  'takes %j as no invocation: the legacy route sends none (contract 2.5)',
  text => {
    expect(parseInvocation(text)).toEqual({});
  },
);
