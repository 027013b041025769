import { describe } from 'vitest';
import { refuses, spoiled, withLines } from './spec-base.ts';

describe('servers', () => {
  refuses([
    ['an address without port', spoiled('127.0.0.1:9001', '127.0.0.1'), 'servers[0].address', 'expected "host:port"'],
    ['port 0', spoiled('127.0.0.1:9001', '127.0.0.1:0'), 'servers[0].address', 'found "127.0.0.1:0"'],
    ['a port above 65535', spoiled('127.0.0.1:9001', '127.0.0.1:70000'), 'servers[0].address', 'expected "host:port"'],
    [
      'an IPv4 address that is none',
      spoiled('127.0.0.1:9001', '127.0.0.300:9001'),
      'servers[0].address',
      'expected "host:port"',
    ],
    ['an IPv6 address without brackets', spoiled('127.0.0.1:9001', '::1:9001'), 'servers[0].address', 'in brackets'],
    [
      'a URL as address',
      spoiled('"127.0.0.1:9001"', '"http://127.0.0.1:9001"'),
      'servers[0].address',
      'expected "host:port"',
    ],
    ['an id with a space', spoiled('id: s1', 'id: "s 1"'), 'servers[0].id', 'a server id of letters'],
    ['an id that YAML reads as a number', spoiled('id: s1', 'id: 1'), 'servers[0].id', 'put it in quotes'],
    ['two servers with one id', spoiled('id: s2', 'id: s1'), 'servers[1].id', 'the same id as servers[0]'],
    ['two servers at one address', spoiled(':9002', ':9001'), 'servers[1].address', 'the same address as servers[0]'],
    [
      'one address written in two ways',
      spoiled(
        '"127.0.0.1:9002" }\n  - { id: s3, address: "127.0.0.1:9003"',
        '"[::1]:80" }\n  - { id: s3, address: "[0:0:0:0:0:0:0:1]:80"',
      ),
      'servers[2].address',
      'the same address as servers[1]',
    ],
    ['no gray server', spoiled(', gray: true', ''), 'servers', 'at least one server with gray: true'],
    [
      'nothing but gray and spare servers',
      spoiled(
        '"127.0.0.1:9002" }\n  - { id: s3, address: "127.0.0.1:9003"',
        '"127.0.0.1:9002", gray: true }\n  - { id: s3, address: "127.0.0.1:9003", spare: true',
      ),
      'servers',
      'neither gray nor spare',
    ],
    ['a weight of 0', spoiled('gray: true', 'weight: 0'), 'servers[0].weight', 'from 1 to 256'],
    ['gray: yes', spoiled('gray: true', 'gray: yes'), 'servers[0].gray', 'expected true or false, found "yes"'],
    ['a batch larger than the pool', withLines('leveling: { batch: 3 }'), 'leveling.batch', 'expected at most 2'],
  ]);
});
