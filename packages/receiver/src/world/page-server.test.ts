import { once } from "node:events";
import { connect } from "node:net";
import type { Log } from "@siteferry/model";
import { askRandomly } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { metricsText, pageFacts } from "../test-page.ts";
import type { PageSources } from "../page/respond.ts";
import { type PageServer, servePage } from "./page-server.ts";

const facts = pageFacts({ alpha: {} });
const sources: PageSources = { names: [], facts: async () => facts, metrics: metricsText };
const bounds = { requestMs: 300, lingerMs: 50 };

interface Served extends AsyncDisposable, PageServer {
  readonly said: readonly string[];
}

async function serve(more: Partial<PageSources> = {}, host = "127.0.0.1"): Promise<Served> {
  const said: string[] = [];
  const keep = (fields: object, text: string): void =>
    void said.push(text + JSON.stringify(fields));
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep };
  const server = await servePage({ host, port: 0 }, { ...sources, ...more }, log, bounds);
  return { ...server, said, [Symbol.asyncDispose]: () => server.close() };
}

/** All that comes until the line is cut; with `isEnd` the request's side is closed at once. */
async function say(port: number, request: string | Buffer, isEnd = true): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  let answer = "";
  socket.setEncoding("latin1").on("data", (data) => (answer += data));
  if (isEnd) socket.end(request);
  else socket.write(request);
  await new Promise((resolve) => void socket.once("close", resolve));
  return answer;
}

const head = (line: string, ...headers: string[]): string =>
  [`${line} HTTP/1.1`, "Host: localhost", "Connection: close", ...headers, "", ""].join("\r\n");
const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);

test("GET has a body, HEAD the same head without it", async () => {
  await using served = await serve();
  const [whole, only] = await Promise.all(
    ["GET /", "HEAD /"].map((line) => say(served.port, head(line))),
  );
  const [start = "", body = ""] = whole!.split("\r\n\r\n");
  expect(statusOf(start)).toBe(200);
  expect(body).toContain("</html>");
  const plain = (text: string): string => text.replace(/Date: .*/, "").trimEnd();
  expect(plain(only!)).toBe(plain(start));
});

test.each([
  ["no request at all", "hello\r\n\r\n", 400],
  ["no Host", "GET / HTTP/1.1\r\n\r\n", 400],
  ["two of them", head("GET /", "Host: attacker.example"), 400],
  ["another Host", "GET / HTTP/1.1\r\nHost: attacker.example\r\n\r\n", 421],
  ["a length twice", head("GET /", "Content-Length: 0", "Content-Length: 5"), 400],
  ["a length and chunks", head("GET /", "Content-Length: 5", "Transfer-Encoding: chunked"), 400],
  ["headers without end", head("GET /", `X: ${"x".repeat(20_000)}`), 431],
  ["a path without end", head(`GET /${"x".repeat(20_000)}`), 431],
  ["a body", `${head("GET /", "Content-Length: 3")}abc`, 413],
  ["an upload", `${head("PUT /v1/sites/alpha/bundles/x", "Content-Length: 3")}abc`, 405],
  ["a proxy's words", head("CONNECT attacker.example:443"), 405],
  ["another protocol", head("GET /", "Connection: upgrade", "Upgrade: websocket"), 200],
  ["HTTP 1.0 without a Host, as load balancers say it", "GET /v1/health HTTP/1.0\r\n\r\n", 200],
] as const)("%s is answered rightly", async (_, request, status) => {
  await using served = await serve();
  expect(statusOf(await say(served.port, request))).toBe(status);
});

test("a request that drips, and a body that never ends, are answered and cut", async () => {
  await using served = await serve();
  expect(statusOf(await say(served.port, "GET / HTTP/1.1\r\nHost:", false))).toBe(408);
  const body = head("GET /", "Content-Length: 1000000");
  expect(statusOf(await say(served.port, body.replace("Connection: close\r\n", ""), false))).toBe(
    413,
  );
  expect(statusOf(await say(served.port, head("CONNECT a.example:443"), false))).toBe(405);
  const expecting = head("POST /", "Expect: 100-continue", "Content-Length: 9");
  expect(statusOf(await say(served.port, expecting, false))).toBe(405);
});

test("when the facts can't be read the answer is 500 without a word of why, and the log has it", async () => {
  const failing = async (): Promise<never> => {
    throw new Error("/var/secret is gone");
  };
  await using served = await serve({ facts: failing });
  const answer = await say(served.port, head("GET /"));
  expect(statusOf(answer)).toBe(500);
  expect(answer).not.toContain("secret");
  expect(served.said.join("\n")).toContain("secret");
});

test("by IPv6 on the machine itself", async () => {
  await using served = await serve({}, "::1");
  expect(served.said).toEqual([]);
  const socket = connect(served.port, "::1");
  socket.end("GET /v1/health HTTP/1.1\r\nHost: [::1]:8781\r\nConnection: close\r\n\r\n");
  const [answer] = await once(socket, "data");
  expect(statusOf(String(answer))).toBe(200);
});

test("on an address that others reach it says so", async () => {
  await using open = await serve({}, "0.0.0.0");
  expect(open.said.join("\n")).toContain("everybody who reaches this address");
  await using own = await serve();
  expect(own.said).toEqual([]);
});

test(
  "10,000 random requests: each is answered with 4xx or what it asked for, and the page is there afterwards",
  { timeout: 180_000 },
  async () => {
    await using served = await serve();
    const statuses = await askRandomly({
      port: served.port,
      count: 10_000,
      targets: ["/", "/metrics", "/sites/alpha", "/sites/%00", "/v1/health", "/sites/"],
      methods: "GET GET GET HEAD POST PUT DELETE CONNECT BREW".split(" "),
      logins: [],
      allowed: [200, 400, 404, 405, 408, 413, 414, 421, 431],
    });
    // The requests reach all of them, so that this test looks at more than bad first lines.
    for (const status of [200, 400, 404, 405, 413, 414, 421, 431]) {
      expect(statuses.get(status) ?? 0, String(status)).toBeGreaterThan(20);
    }
    expect(statusOf(await say(served.port, head("GET /")))).toBe(200);
    expect(served.said).toEqual([]);
  },
);

test("it ends at once, though somebody holds a connection", async () => {
  const served = await serve();
  const socket = connect(served.port, "127.0.0.1");
  await once(socket, "connect");
  const cut = once(socket, "close");
  await served.close();
  await cut;
  expect(socket.destroyed).toBe(true);
});
