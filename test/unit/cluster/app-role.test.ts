import { expect, it } from 'vitest';
import { appRoleStatement, appUrls } from '../../../src/cluster/app-role.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';

it('quotes whatever the cluster is called', () => {
  const statement = appRoleStatement({ user: 'O"Brien', database: 'a b' }, "SCRAM'x");
  expect(statement).toContain('ON DATABASE "a b" TO "voodu_app"');
  expect(statement).toContain('FOR ROLE "O""Brien"');
  expect(statement).toContain("PASSWORD 'SCRAM''x'");
});

it('gives nothing that reaches beyond the database', () => {
  const statement = appRoleStatement({ user: 'postgres', database: 'd' }, 'x');
  expect(statement).toMatch(/NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS/);
  expect(statement).not.toMatch(/ROUTINES|FUNCTIONS|pg_\w+ TO|LANGUAGE/);
});

it('has no URL before a link has asked for the role', () => {
  expect(appUrls({ bucket: {} } as Cluster)).toBeUndefined();
});
