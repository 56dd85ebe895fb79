// Requests as a stranger or a fuzzer sends them: right ones, odd ones, and bytes that are none; the same ones for
// the same seed.

import { connect } from "node:net";
import { type Dice, seededDice } from "./fake-site/dice.ts";

export interface Asked {
  readonly port: number;
  readonly count: number;
  /** Of requests that have a meaning here, some of which are changed. */
  readonly targets: readonly string[];
  readonly methods: readonly string[];
  /** Lines of the header, one of which each request has. */
  readonly logins: readonly string[];
  /** What the server may answer with. */
  readonly allowed: readonly number[];
  /** Whether it may say nothing: by default only where nothing but ends of lines came. */
  readonly mayBeSilent?: (request: string) => boolean;
}

const odd = [
  "Host: attacker.example",
  "Content-Length: -1",
  "Content-Length: 0x10",
  "Content-Length: 5, 6",
  "Content-Length: 5\r\nContent-Length: 6",
  "Content-Length: 99999999999999999999",
  "Content-Length: 99999999",
  "Transfer-Encoding: chunked\r\nContent-Length: 5",
  "Transfer-Encoding: chunked, gzip",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding : chunked",
  "Expect: 100-continue",
  "Expect: wonders",
  "Upgrade: h2c",
  "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c",
  "Cookie: a=b",
  "Range: bytes=0-1",
  "X-Forwarded-Host: attacker.example",
  "X-Forwarded-For: \u001b[31m, ::1",
  "Authorization: Basic Og==",
  " folded",
  "no colon",
  "Nul: a\0b",
  `Big: ${"y".repeat(9_000)}`,
  `Authorization: Bearer ${"z".repeat(7_000)}`,
  Array.from({ length: 700 }, (_, index) => `F${index}: x`).join("\r\n"),
];

const paths = [
  "/../../etc/passwd",
  "/%2e%2e/%2e%2e/etc/passwd",
  "/..%5c..%5cetc",
  "/%00",
  "/%",
  "/%c0%ae",
  "//",
  "*",
  "?",
  "#",
  "http://attacker.example/",
];

const chunks = [
  "5\r\nhello\r\n0\r\n\r\n",
  "zz\r\n",
  "FFFFFFFFFFFFFFFFF\r\n",
  "5\r\nhel",
  "-1\r\n\r\n",
];

/** Other protocols that come to a wrong port. */
const others = [
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0",
  "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003",
  "SSH-2.0-OpenSSH_10.0\r\n",
  "EHLO attacker.example\r\n",
  "GET hosts\nColumns: name\n\n",
];

/**
 * Asks `count` times, sixteen at once, and counts the answers by their status.
 * @throws Error for the first answer that isn't allowed
 */
export async function askRandomly(asked: Asked): Promise<ReadonlyMap<number, number>> {
  const { allowed, mayBeSilent = (request) => !/[^\r\n]/.test(request) } = asked;
  const statuses = new Map<number, number>();
  let left = asked.count;
  const worker = async (_: unknown, seed: number): Promise<void> => {
    const dice = seededDice(seed + 1);
    while (left-- > 0) {
      const whole = randomRequest(dice, asked);
      // Some stop in the middle, and hold the line.
      const isEnded = !dice.falls(0.005);
      const length = isEnded ? whole.length : Math.ceil(dice.between(0, whole.length));
      const request = whole.subarray(0, length);
      const answer = await answerTo(asked.port, request, isEnded);
      const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
      const text = request.toString("latin1");
      if (!(answer === "" ? mayBeSilent(text) : allowed.includes(status))) {
        throw new Error(`${JSON.stringify(text)}: ${JSON.stringify(answer)}`);
      }
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return statuses;
}

/** All that comes until the line is cut; with `isEnded` our side is closed at once, else left to the server. */
async function answerTo(port: number, request: Buffer, isEnded: boolean): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  // Who sends more than is read of it may find the line reset, after the answer.
  socket.on("error", () => {});
  let answer = "";
  socket.setEncoding("latin1").on("data", (data) => (answer += data));
  const closed = new Promise((resolve) => void socket.once("close", resolve));
  if (isEnded) socket.end(request);
  else socket.write(request);
  await closed;
  return answer.replace("HTTP/1.1 100 Continue\r\n\r\n", "");
}

function randomRequest(dice: Dice, { targets, methods, logins }: Asked): Buffer {
  const below = (limit: number): number => Math.floor(dice.between(0, limit));
  const one = (values: readonly string[]): string => values[below(values.length)]!;
  const bytes = (count: number): string =>
    String.fromCodePoint(...Array.from({ length: count }, () => below(256)));
  if (dice.falls(0.1)) return Buffer.from(bytes(below(200)), "latin1");
  if (dice.falls(0.03)) return Buffer.from(one(others) + bytes(below(20)), "latin1");
  let target = one(targets);
  if (dice.falls(0.2)) target += bytes(below(20)).replaceAll(/\s/g, "");
  if (dice.falls(0.1)) target = dice.falls(0.5) ? one(paths) : target + one(paths);
  if (dice.falls(0.05)) target = `/${"a".repeat(250 + below(dice.falls(0.2) ? 20_000 : 500))}`;
  const version = dice.falls(0.1) ? `HTTP/${below(4)}.${below(4)}` : "HTTP/1.1";
  const host = dice.falls(0.2) ? one(["attacker.example", "", "localhost:x"]) : "localhost";
  const lines = [`${one(methods)} ${target} ${version}`, `Host: ${host}`, "Connection: close"];
  if (logins.length > 0) lines.push(one(logins));
  if (dice.falls(0.4)) lines.push(one(odd));
  if (dice.falls(0.2)) lines.push(`Content-Length: ${below(20)}`);
  const body = dice.falls(0.4) ? (dice.falls(0.5) ? one(chunks) : bytes(below(30))) : "";
  let text = `${lines.join("\r\n")}\r\n\r\n${body}`;
  if (dice.falls(0.15)) {
    const at = below(text.length);
    text = text.slice(0, at) + bytes(1 + below(3)) + text.slice(at + below(3));
  }
  return Buffer.from(text, "latin1");
}
