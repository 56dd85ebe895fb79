// Mutations of small bundles, one from each number: what a broken link or a hostile site with a good
// key might send. Each touches one layer; all layers around it are made to fit, and signed.

import { columnsLine, forge, serviceLine, tarEntry, type Forgery } from "@siteferry/bundle/forge";
import { bundleTables } from "@siteferry/model";

/** Numbers from 0 below `end`; the same ones for the same seed (mulberry32). */
type Dice = (end: number) => number;

function dice(seed: number): Dice {
  let state = seed;
  return (end) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end);
  };
}

type Kind = NonNullable<Forgery["kind"]>;
type Layer = (honest: Forgery, roll: Dice) => Buffer;

const hostLine = JSON.stringify(["web1", ...cellsOf(serviceLine()).slice(2)]);
const named = JSON.stringify(["web1", "Load"]);
const hostSetup =
  '["web1","Web","192.0.2.1",["gate"],"Web","check",3,1,null,1,["linux"],[],["admins"],null,"ü","","",[["RACK","B"]]]';
const serviceSetup =
  '["web1","Load","Load","check",3,1,null,1,["linux"],[],[],null,"","","",[["A","b"]]]';
const commentLine = '[7,"web1",null,"jörg","said; so \\\\n",1790000000,4,1,0]';
const downtimeLine = '[7,"web1","Load","jörg","",1790000000,1790000001,1790003600,0,1800,0]';
const eventLine = '[1790000000,"web1",null,"alert",1,0,2,"DOWN - 📦"]';
const flappingLine = '[1790000001,"web1","Load","flapping-started",0,0,0,""]';
const rows: Readonly<Record<Kind, Readonly<Record<string, readonly string[]>>>> = {
  config: { hosts: [hostSetup], services: [serviceSetup], hostgroups: ['["linux","Linux"]'] },
  keyframe: {
    host_states: [hostLine],
    service_states: [serviceLine(), serviceLine({ 1: "📦" })],
    comments: [commentLine, commentLine.replace("[7,", "[8,")],
    downtimes: [downtimeLine],
    events: [eventLine, flappingLine],
  },
  delta: {
    service_states: [serviceLine({ 3: 2 })],
    comments: [commentLine.replace("said", "unsaid")],
    events: [eventLine.replace("DOWN", "UP")],
    services_gone: [named.replace("Load", "📦")],
    comments_gone: ["[8]"],
    downtimes_gone: ["[7]"],
  },
};

/** JSON, and what is nearly JSON, where something else belongs. */
const hostile: readonly string[] = [
  ..."-1 1e999 -0 1.5 9007199254740993 01 NaN null true [] {} , [[[]]]".split(" "),
  ..."x __proto__ $HOSTNAME$ } # a;b \\ud800 \\u0000 a\\nb \\\\ \u2028"
    .split(" ")
    .map((text) => `"${text}"`),
  '"',
  '""',
  '" x"',
  '{"__proto__":{"x":1}}',
  '["constructor"]',
  '[["a"]]',
  '[["a","b","c"]]',
  `"${"x".repeat(70_000)}"`,
  `${"[".repeat(5000)}${"]".repeat(5000)}`,
];

/** The bundle of `seed`. */
export function mutant(seed: number): Buffer {
  const roll = dice(seed);
  const kind = pick(["config", "keyframe", "delta"] as const, roll);
  return pick(layers, roll)({ kind, lines: rows[kind] }, roll);
}

const honestBundles = new Map<Kind, Buffer>();

/** What the mutants of a kind are made from. */
export function honestBundle(kind: Kind): Buffer {
  const bundle = honestBundles.get(kind) ?? forge({ kind, lines: rows[kind] });
  honestBundles.set(kind, bundle);
  return bundle;
}

const layers: readonly Layer[] = [
  (honest, roll) => scramble(honestBundle(honest.kind!), roll),
  (honest, roll) => forge({ ...honest, header: (header) => overwrite(header, roll) }),
  (honest, roll) => forge({ ...honest, signature: (blob) => scramble(blob, roll) }),
  (honest, roll) => forge({ ...honest, payload: (frame) => scramble(frame, roll) }),
  (honest, roll) => forge({ ...honest, archive: (tar) => scramble(tar, roll) }),
  (honest, roll) => forge({ ...honest, archive: (tar) => rearrange(tar, roll) }),
  (honest, roll) => forge({ ...honest, manifestText: (text) => spoil(text, roll) }),
  (honest, roll) => forge({ ...honest, lines: spoilRows(honest, roll) }),
  (honest, roll) => forge({ ...honest, raw: scrambleRows(honest, roll) }),
];

/** Bytes changed, left out, put in or repeated, in up to eight places. */
function scramble(bytes: Buffer, roll: Dice): Buffer {
  let result = Buffer.from(bytes);
  for (let edits = 1 + roll(8); edits > 0; edits--) {
    const at = roll(result.length + 1);
    const until = Math.min(result.length, at + roll(1 << roll(10)));
    const [head, middle, tail] = [
      result.subarray(0, at),
      result.subarray(at, until),
      result.subarray(until),
    ];
    const noise = Buffer.from(Array.from({ length: roll(16) }, () => roll(256)));
    const edit = pick(
      [[noise], [], [middle, middle], [noise, middle], [flipped(middle, roll)]],
      roll,
    );
    result = Buffer.concat([head, ...edit, tail]);
  }
  return result;
}

function flipped(bytes: Buffer, roll: Dice): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length > 0) copy[roll(copy.length)]! ^= 1 << roll(8);
  return copy;
}

/** Fields of the header, with numbers at which readers stumble. */
function overwrite(header: Buffer, roll: Dice): void {
  const at = pick([8, 10, 12, 13, 14, 16, 48, 80, 88, 96, 104, 168, 176, 184, 192, 200, 296], roll);
  const numbers = [
    0n,
    1n,
    2n,
    255n,
    2n ** 31n,
    2n ** 32n,
    2n ** 53n - 1n,
    2n ** 53n,
    2n ** 64n - 1n,
  ];
  if (roll(2) === 0) header.writeBigUInt64BE(pick(numbers, roll), at);
  else header[at + roll(8)] = roll(256);
}

/** Fields of a tar header, with the checksum put right, or an entry too many. */
function rearrange(tar: Buffer, roll: Dice): Buffer {
  if (roll(4) === 0) {
    const at = 512 * roll(tar.length / 512 + 1);
    const extra = tarEntry({
      name: pick(["x", "../x", "hosts.ndjson"], roll),
      content: Buffer.from("x"),
    });
    return Buffer.concat([tar.subarray(0, at), extra, tar.subarray(at)]);
  }
  const copy = Buffer.from(tar);
  const at = 512 * roll(copy.length / 512);
  const field = pick([0, 100, 108, 124, 136, 156, 157, 257, 329, 345], roll);
  copy.write(
    pick(["77777777777", "2", "-1", "../../x", "\0", "\x80\xff"], roll),
    at + field,
    "latin1",
  );
  copy.write("        ", at + 148, "latin1");
  const sum = copy.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
  copy.write(`${sum.toString(8).padStart(6, "0")}\0 `, at + 148, "latin1");
  return copy;
}

/** One token of JSON replaced, left out or repeated. */
function spoil(text: string, roll: Dice): string {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[^"\s,:[\]{}]+|[,:[\]{}]|\s+/g) ?? [];
  const at = roll(tokens.length);
  const now = pick(
    [pick(hostile, roll), "", `${tokens[at]}${tokens[at]}`, tokens[roll(tokens.length)]!],
    roll,
  );
  return [...tokens.slice(0, at), now, ...tokens.slice(at + 1)].join("");
}

function spoilRows({ lines = {} }: Forgery, roll: Dice): NonNullable<Forgery["lines"]> {
  const table = pick(Object.keys(lines), roll);
  const honest = lines[table]!;
  const at = roll(honest.length);
  const now = pick([[spoil(honest[at]!, roll)], [], [honest[at]!, honest[at]!]], roll);
  return { ...lines, [table]: [...honest.slice(0, at), ...now, ...honest.slice(at + 1)] };
}

/** A table's rows as bytes, below its columns or with them. */
function scrambleRows({ lines = {} }: Forgery, roll: Dice): NonNullable<Forgery["raw"]> {
  const [name, honest] = pick(Object.entries(lines), roll);
  const table = Object.values(bundleTables)
    .flat()
    .find((known) => known.name === name)!;
  const columns = `${columnsLine(table)}\n`;
  const text = honest.map((line) => `${line}\n`).join("");
  const isWhole = roll(5) === 0;
  const scrambled = scramble(Buffer.from(isWhole ? columns + text : text), roll);
  return { [name]: isWhole ? scrambled : Buffer.concat([Buffer.from(columns), scrambled]) };
}

function cellsOf(line: string): unknown[] {
  return JSON.parse(line) as unknown[];
}

function pick<Value>(values: readonly Value[], roll: Dice): Value {
  return values[roll(values.length)]!;
}
