import { describe, expect, test } from "vitest";
import { hostilePage, hostileTexts, metricsText, pageFacts } from "../test-page.ts";
import { html, Markup } from "./markup.ts";
import { type PageRequest, type PageSources, respond } from "./respond.ts";
import { noRuns, runBegan, runFailed } from "./run-record.ts";

const facts = pageFacts({ alpha: {}, beta: { awaitsApproval: true } });
const sources: PageSources = {
  names: ["ferry.example"],
  facts: async () => facts,
  metrics: metricsText,
};
const get = async (target: string, more: Partial<PageRequest> = {}, from = sources) =>
  await respond({ method: "GET", target, hosts: ["localhost"], hasBody: false, ...more }, from);
const hostile = { ...sources, facts: async () => hostilePage() };

describe("what is asked for", () => {
  test.each([
    ["/", 200, "text/html; charset=utf-8"],
    ["/sites/alpha", 200, "text/html; charset=utf-8"],
    ["/metrics", 200, "text/plain; version=0.0.4; charset=utf-8"],
    ["/v1/health", 200, "text/plain; charset=utf-8"],
    ["/icon.svg", 200, "image/svg+xml"],
    ["/sites/gamma", 404, "text/plain; charset=utf-8"],
    ["/sites/__proto__", 404, "text/plain; charset=utf-8"],
    ["/sites/alpha/", 404, "text/plain; charset=utf-8"],
    ["/sites/%61lpha", 404, "text/plain; charset=utf-8"],
    ["/?x=1", 404, "text/plain; charset=utf-8"],
    ["/../../etc/passwd", 404, "text/plain; charset=utf-8"],
    [`/${"a".repeat(300)}`, 414, "text/plain; charset=utf-8"],
    ["http://attacker.example/", 400, "text/plain; charset=utf-8"],
    ["*", 400, "text/plain; charset=utf-8"],
  ] as const)("GET %s: %i", async (target, status, type) => {
    const answer = await get(target);
    expect([answer.status, answer.headers["content-type"]]).toEqual([status, type]);
  });

  test("only reading, and without a body", async () => {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "get", ""]) {
      const answer = await get("/", { method });
      expect([answer.status, answer.headers["allow"]]).toEqual([405, "GET, HEAD"]);
    }
    expect((await get("/", { hasBody: true })).status).toBe(413);
    expect((await get("/", { method: "HEAD" })).status).toBe(200);
  });

  test("every answer forbids what the page doesn't need", async () => {
    for (const target of ["/", "/metrics", "/nothing"]) {
      expect((await get(target)).headers).toMatchObject({
        "cache-control": "no-store",
        "content-security-policy": expect.stringMatching(/^default-src 'none'; style-src 'sha256-/),
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
      });
    }
  });
});

test("of a vendor's dump the number of objects is shown, and no state that nobody read", async () => {
  const counted = { hosts: [7], services: [30], isDump: true as const };
  const from = { ...sources, facts: async () => pageFacts({ cmk: { counted } }) };
  expect((await get("/", {}, from)).body).toContain("30 dumped");
  expect((await get("/sites/cmk", {}, from)).body).toMatch(/dumped<\/th>\s*<td>7</);
  const { body } = await get("/metrics", {}, from);
  expect(body.match(/^siteferry_site_(?:hosts|services)\{.*/gm)).toEqual([
    'siteferry_site_hosts{site="cmk",state="dumped"} 7',
    'siteferry_site_services{site="cmk",state="dumped"} 30',
  ]);
});

test("a name that isn't this server's is refused: it may be a web page's that was pointed here", async () => {
  const statuses = async (hosts: readonly string[]) =>
    (await Promise.all(hosts.map((host) => get("/", { hosts: [host] })))).map((one) => one.status);
  const own = ["localhost", "localhost:8781", "127.0.0.1:8781", "[::1]:8781", "192.0.2.7"];
  expect(new Set(await statuses([...own, "FERRY.example:443", "ferry.example."]))).toEqual(
    new Set([200]),
  );
  const foreign = ["attacker.example", "localhost.attacker.example", "127.0.0.1.nip.example", ""];
  expect(new Set(await statuses([...foreign, "localhost@x", "127.1", "a b", "[x]"]))).toEqual(
    new Set([421]),
  );
  expect((await get("/", { hosts: [] })).status).toBe(200);
  expect((await get("/", { hosts: ["localhost", "localhost"] })).status).toBe(400);
});

describe("hostile texts", () => {
  test("stand on the page as text, and nothing of them as markup", async () => {
    for (const target of ["/", "/sites/evil"]) {
      const { status, body } = await get(target, {}, hostile);
      expect(status).toBe(200);
      const tags = new Set([...body.matchAll(/<\/?([a-z!][\w-]*)/gi)].map(([, tag]) => tag));
      for (const tag of ["script", "img", "iframe", "base", "b"]) expect(tags).not.toContain(tag);
      expect(body.match(/<(?:main|style|h1)\b/g)).toHaveLength(3);
      // What can't be seen is written out.
      // oxlint-disable-next-line no-control-regex -- they are what is looked for
      expect(body).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202e\u2066\ufeff\ud800]/);
      expect(body).toContain("&#60;script&#62;alert(1)&#60;/script&#62;");
    }
    expect((await get("/sites/evil", {}, hostile)).body.length).toBeLessThan(200_000);
  });

  test("one more escape than none: quotes, signs, lists, and only what was made here isn't escaped", () => {
    expect(String(html`<a title="${`"'<>&`}">${["a&", html`<b>${"<"}</b>`, null, 7]}</a>`)).toBe(
      '<a title="&#34;&#39;&#60;&#62;&#38;">a&#38;<b>&#60;</b>7</a>',
    );
    const forged = { toString: () => "<script>" } as unknown as Markup;
    expect(() => String(html`${forged}`)).toThrow(TypeError);
    for (const text of hostileTexts) expect(String(html`${text}`)).not.toMatch(/[<>"']/);
  });

  test("make no metric and no label of their own", async () => {
    const { body } = await get("/metrics", {}, hostile);
    expect(body).not.toMatch(/alert|attacker/);
    expect(body).toContain('siteferry_site_quarantined_files{site="evil",code="name-bad"} 14');
  });
});

describe("health", () => {
  const healthAt = async (runs: typeof noRuns, freeSpace = 0.5) =>
    await get("/v1/health", {}, { ...sources, facts: async () => ({ ...facts, runs, freeSpace }) });

  test("is ok while runs end, whatever the sites are", async () => {
    const silent = pageFacts({ alpha: { keptMs: 0 } });
    const answer = await get("/v1/health", {}, { ...sources, facts: async () => silent });
    expect([answer.status, answer.body]).toEqual([200, "ok\n"]);
  });

  test("is 503 with a reason that tells nothing but a code", async () => {
    expect(await healthAt(noRuns)).toMatchObject({
      status: 503,
      body: "starting: no run has ended yet\n",
    });
    const failed = runFailed(noRuns, facts.nowMs, "settings-invalid");
    expect(await healthAt(failed)).toMatchObject({
      status: 503,
      body: "settings-invalid: the last run failed, the log says why\n",
    });
    const stuck = runBegan(facts.runs, facts.nowMs - 16 * 60_000);
    expect(await healthAt(stuck)).toMatchObject({ status: 503 });
    expect(await healthAt(facts.runs, 0.04)).toMatchObject({
      status: 503,
      body: "disk-nearly-full: nothing is taken in\n",
    });
  });
});

test("a failure of the receiver itself stands on the page of all sites", async () => {
  const troubles = ["1 failure in its last run: peer-unknown: <link> failed"];
  const from = { ...sources, facts: async () => ({ ...facts, troubles }) };
  expect((await get("/", {}, from)).body).toContain(
    "1 failure in its last run: peer-unknown: &#60;",
  );
});

test("a page says what it is about: title, what waits, how many are bad", async () => {
  const { body } = await get("/");
  expect(body).toContain("<title>1 of 2 sites – siteferry at central</title>");
  expect(body).toContain("<code>siteferry config approve beta</code>");
  expect(body.indexOf('href="/sites/beta"')).toBeLessThan(body.indexOf('href="/sites/alpha"'));
  expect((await get("/sites/alpha")).body).toContain(
    "<title>alpha: OK – siteferry at central</title>",
  );
  const none = { ...sources, facts: async () => pageFacts({}) };
  expect((await get("/", {}, none)).body).toContain("No site is configured.");
});
