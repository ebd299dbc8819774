import { describe, expect, it } from 'vitest';
import { addressProblem, classifyAddress, isAddress } from '../../../src/backup/fetch-address.ts';

describe('classifyAddress', () => {
  it.each([
    ['8.8.8.8', 'public'],
    ['52.216.0.1', 'public'],
    ['172.32.0.1', 'public'],
    ['100.128.0.1', 'public'],
    ['2606:4700::1111', 'public'],
    ['2a00:1450:4001:80b::200e', 'public'],
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['10.0.0.5', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['198.18.0.1', 'private'],
    ['100.64.0.1', 'carrier-grade NAT'],
    ['100.127.255.255', 'carrier-grade NAT'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.255', 'loopback'],
    ['169.254.1.1', 'link-local'],
    ['169.254.169.254', 'metadata'],
    ['100.100.100.200', 'metadata'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'reserved'],
    ['192.0.2.1', 'reserved'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['fd00::1', 'private'],
    ['fc00::1', 'private'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local'],
    ['fec0::1', 'private'],
    ['ff02::1', 'multicast'],
    ['fd00:ec2::254', 'metadata'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['::ffff:8.8.8.8', 'public'],
    ['::ffff:169.254.169.254', 'metadata'],
    ['::127.0.0.1', 'reserved'],
    ['64:ff9b::10.0.0.1', 'private'],
    ['64:ff9b::8.8.8.8', 'public'],
    ['64:ff9b:1::1', 'private'],
    ['2002:7f00:1::', 'loopback'],
    ['2002:0a00:0005::1', 'private'],
    ['2001:0:4136:e378::1', 'reserved'],
    ['2001:db8::1', 'reserved'],
    ['4000::1', 'reserved'],
    ['nonsense', 'reserved'],
    ['1.2.3.4.5', 'reserved'],
    ['300.1.1.1', 'reserved'],
    [':::1', 'reserved'],
  ])('%s is %s', (address, kind) => {
    expect(classifyAddress(address)).toBe(kind);
  });
});

it('--allow-private opens what may hold a dump, and never a metadata service', () => {
  for (const address of ['10.0.0.5', '127.0.0.1', '169.254.1.1', '100.64.0.1', 'fd00::1', '::1']) {
    expect(addressProblem(address, false)).toMatch(/^an? .* address$/);
    expect(addressProblem(address, true)).toBeUndefined();
  }
  for (const address of [
    '169.254.169.254',
    '::ffff:169.254.169.254',
    '0.0.0.0',
    '224.0.0.1',
    'fd00:ec2::254',
  ])
    expect(addressProblem(address, true)).toBeTruthy();
});

it('knows an address from a name', () => {
  expect(['1.2.3.4', '[::1]', '::1'].map(isAddress)).toEqual([true, true, true]);
  expect(['example.com', '1.2.3', 'a.1.2.3.4'].map(isAddress)).toEqual([false, false, false]);
});
