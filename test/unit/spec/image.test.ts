import { expect, it } from 'vitest';
import { imageMajor } from '../../../src/spec/image.ts';

it.each([
  ['postgres:17', 17],
  ['postgres:15.4', 15],
  ['postgres:16.4-bookworm', 16],
  ['postgres:16-alpine', 16],
  ['docker.io/library/postgres:18', 18],
  ['localhost:5000/postgres:17', 17],
  ['pgvector/pgvector:pg17', 17],
  ['pgvector/pgvector:pg16-trixie', 16],
  ['postgis/postgis:16-3.4', 16],
  ['postgres:17@sha256:0123456789abcdef', 17],
])('%s shows its major', (image, major) => expect(imageMajor(image)).toBe(major));

it.each([
  'postgres',
  'postgres:latest',
  'postgres:alpine',
  'postgres:trixie',
  'ghcr.io/acme/pg16-pgvector:1.2.0',
  'ghcr.io/acme/db:17',
  'localhost:5000/postgres',
  'postgres@sha256:17',
])('%s does not', image => expect(imageMajor(image)).toBeUndefined());
