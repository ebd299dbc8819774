import { describe, expect, it } from 'vitest';
import { parseHcl } from '../../../src/edges/hcl.ts';
import { loadBlocks } from '../../../src/hcl/load-blocks.ts';

const load = (text: string, variables = {}) => loadBlocks('voodu.hcl', text, variables, parseHcl);

/** The spec of one block with this body. */
async function spec(body: string): Promise<unknown> {
  const [block] = await load(`probe "s" "n" {\n${body}\n}\n`);
  return block?.spec;
}

describe('the example captured from a real controller (contract 7)', () => {
  const text = `
probe "clowk-lp" "db" {
  plugin { version = "0.1.0" }
  replicas = 2
  port     = 5432
  env = { A = 1, B = true, C = null, D = 0.5 }
  ports = ["5432"]
  node "a" "x" { n = 1 }
  node "b"     { n = 2 }
  volume_claim "wal" { mount_path = "/wal" }
  resources {
    limits {
      cpu = "2"
    }
  }
  probes {
    liveness {
      http_get {
        path = "/health"
        port = 8080
      }
      initial_delay     = "5s"
      failure_threshold = 3
    }
    readiness {
      tcp_socket { port = 5432 }
    }
  }
  lang {
    name       = "go"
    build_args = { A = "b", N = 3 }
  }
  empty {}
  heredoc = <<EOT
line1 \${NOPE:-def}
  line2 $5 %d <b>&
EOT
}
`;
  const received = String.raw`{"kind":"probe","scope":"clowk-lp","name":"db","spec":{
 "empty":{},"env":{"A":"1","B":"true","C":"","D":"0.5"},"heredoc":"line1 def\n  line2 $5 %d \u003cb\u003e\u0026\n",
 "lang":{"build_args":{"A":"b","N":3},"name":"go"},
 "node":[{"_labels":["a","x"],"n":1},{"_labels":["b"],"n":2}],
 "port":5432,"ports":["5432"],
 "probes":{"liveness":{"failure_threshold":3,"http_get":{"path":"/health","port":8080},"initial_delay":"5s"},"readiness":{"tcp_socket":{"port":5432}}},
 "replicas":2,"resources":{"limits":{"cpu":"2"}},
 "volume_claim":{"_labels":["wal"],"mount_path":"/wal"}}}`;

  it('comes out whole, keys in the same order', async () => {
    expect(JSON.stringify(await load(text))).toBe(`[${JSON.stringify(JSON.parse(received))}]`);
  });
});

describe('values', () => {
  it.each([
    ['string', 'a = "x <b>& \\"q\\" \\\\ \\t \\u00e9 \\U0001F600"', 'x <b>& "q" \\ \t é 😀'],
    ['heredoc', 'a = <<EOT\nx "q" \\n\n  y\nEOT', 'x "q" \\n\n  y\n'],
    ['empty heredoc', 'a = <<EOT\nEOT', ''],
    ['indented heredoc', 'a = <<-EOT\n    x\n\n      y\n  EOT', 'x\n\n  y\n'],
    ['heredoc with windows line ends', 'a = <<EOT\r\nx\r\nEOT\r', 'x\r\n'],
    ['heredoc with braces, quotes and a longer marker', 'a = <<EOT\n}\n"\nEOTX\n EOT', '}\n"\nEOTX\n'],
    ['number', 'a = 3', 3],
    ['fraction', 'a = 0.50', 0.5],
    ['negative number', 'a = -5', -5],
    ['number beyond float64 precision', 'a = 9007199254740993', 9007199254740992],
    ['huge number', 'a = 1000000000000000000000000000000', 1e30],
    ['bool', 'a = true', true],
    ['null', 'a = null', null],
    ['list of mixed types', 'a = [1, "x", null, [true], { b = 1 }]', [1, 'x', null, [true], { b: 1 }]],
    ['list over lines', 'a = [\n  1, # ]\n  2 /* ] */,\n]', [1, 2]],
    ['object', 'a = { b = 1, "c d" : "x", 5 = null, "e.f" = 2 }', { b: 1, 'c d': 'x', 5: null, 'e.f': 2 }],
    ['object over lines', 'a = {\n b = 1 // }\n c = <<EOT\n}\nEOT\n d = 2\n}', { b: 1, c: '}\n', d: 2 }],
    ['list of objects', 'a = [{ b = 1 }, { b = 2 }]', [{ b: 1 }, { b: 2 }]],
    ['list of one object', 'a = [{ b = 1 }]', [{ b: 1 }]],
    ['string that looks like a comment', 'a = "x # y // z /* }"', 'x # y // z /* }'],
    ['comment after the value', 'a = "x" # "y"', 'x'],
  ])('%s', async (_, body, expected) => {
    expect(await spec(body)).toEqual({ a: expected });
  });

  // Not `$${a}`: vd's own replacement runs first and takes `${a}` for a variable.
  it('keeps an escaped template sequence as text', async () => {
    expect(await spec('a = "$${1 x} %%{if} $$ 100% $5"')).toEqual({ a: '${1 x} %{if} $$ 100% $5' });
    expect(await spec('a = <<EOT\n$${1} $$$${1}\nEOT')).toEqual({ a: '${1} $$${1}\n' });
  });

  it('passes a server reference through as it is written', async () => {
    expect(await spec('a = "${asset.s.n.key}/${ref.x.url}"')).toEqual({
      a: '${asset.s.n.key}/${ref.x.url}',
    });
  });

  it('reads text that a variable brought', async () => {
    const blocks = await load('pg "s" "n" {\n  ${LINES}\n}', { LINES: 'a = 1\n  b = "x"' });
    expect(blocks[0]?.spec).toEqual({ a: 1, b: 'x' });
  });
});

describe('env', () => {
  it('is text where it is an attribute, at any depth of blocks', async () => {
    const body = 'env = { A = 1 }\ninit "x" {\n env = { B = true, C = [1], D = 1e21 }\n}';
    expect(await spec(body)).toEqual({
      env: { A: '1' },
      init: { _labels: ['x'], env: { B: 'true', C: [1], D: '1e+21' } },
    });
  });

  it('keeps its types where it is a block, or an object inside another value', async () => {
    expect(await spec('env {\n A = 1\n}')).toEqual({ env: { A: 1 } });
    expect(await spec('x = { env = { A = 1 } }')).toEqual({ x: { env: { A: 1 } } });
    expect(await spec('env = [{ A = 1 }]')).toEqual({ env: [{ A: 1 }] });
  });
});

describe('blocks inside a block', () => {
  it('are an object once and a list in source order when repeated', async () => {
    const one = await spec('volume_claim "wal" { mount_path = "/wal" }');
    expect(one).toEqual({ volume_claim: { _labels: ['wal'], mount_path: '/wal' } });
    const many = await spec('init "b" { n = 1 }\nbackup { keep = 3 }\ninit "a" { n = 2 }\ninit { n = 3 }');
    expect(many).toEqual({
      backup: { keep: 3 },
      init: [{ _labels: ['b'], n: 1 }, { _labels: ['a'], n: 2 }, { n: 3 }],
    });
  });

  it('may mix label counts, which hcl2json itself cannot nest', async () => {
    const body = 'node "a" {}\nnode "a" "x" {}\nnode a b { n = 1 }\nnode "q\\"$${1}" {}';
    expect(await spec(body)).toEqual({
      node: [
        { _labels: ['a'] },
        { _labels: ['a', 'x'] },
        { _labels: ['a', 'b'], n: 1 },
        { _labels: ['q"${1}'] },
      ],
    });
  });

  it('are told from attributes that look alike', async () => {
    const text =
      'a = [{ x = 1 }]\nb { x = 1 }\nc = { x = 1 }\nd { x = 1 }\nd { x = 2 }\ne = [{ x = 1 }, { x = 2 }]';
    expect(await spec(text)).toEqual({
      a: [{ x: 1 }],
      b: { x: 1 },
      c: { x: 1 },
      d: [{ x: 1 }, { x: 2 }],
      e: [{ x: 1 }, { x: 2 }],
    });
  });

  it('win over an attribute of the same name, before or after it', async () => {
    expect(await spec('b = 1\nb {\n c = 2\n}')).toEqual({ b: { c: 2 } });
    expect(await spec('b {\n c = 2\n}\nb = 1')).toEqual({ b: { c: 2 } });
  });

  it('leave no trace of plugin { }, and the list of a plugin written twice', async () => {
    expect(await spec('plugin {\n version = "1"\n}\na = 1')).toEqual({ a: 1 });
    expect(await spec('plugin {\n v = 1\n}\nplugin {\n v = 2\n}')).toEqual({ plugin: [{ v: 1 }, { v: 2 }] });
  });
});

describe('the blocks of a file', () => {
  it('come in source order across kinds, the ones of the controller among them', async () => {
    const text = `
stray = 1
postgres "s" "b" {
  replicas = 2
}
deployment "s" "web" {
  image = "nginx"
}
postgres "s" "a" {}
pg "main" {}
redis {}
asset "s" "conf" {
  motd = "hi $5"
  file = file("./x.conf")
}
`;
    expect(await load(text)).toEqual([
      { kind: 'postgres', scope: 's', name: 'b', spec: { replicas: 2 } },
      { kind: 'deployment', scope: 's', name: 'web', spec: { image: 'nginx' } },
      { kind: 'postgres', scope: 's', name: 'a', spec: {} },
      { kind: 'pg', name: 'main', spec: {} },
      { kind: 'redis', name: 'redis', spec: {} },
      { kind: 'asset', scope: 's', name: 'conf', spec: { motd: 'hi $5', file: '${file("./x.conf")}' } },
    ]);
  });

  it('may be none', async () => {
    expect(await load('')).toEqual([]);
    expect(await load('\uFEFF# nothing here\n/* { */\n')).toEqual([]);
  });

  it('may have the same name in another kind or scope', async () => {
    expect(await load('pg "s" "n" {}\npostgres "s" "n" {}\npg "t" "n" {}\npg "n" {}')).toHaveLength(4);
  });
});
