// The page in Debian's Chromium: what sites say runs nothing and breaks nothing; and everybody can use it.

import type { Browser } from "playwright-core";
import { type Log, printable } from "@siteferry/model";
import { hostilePage, hostileTexts, metricsText, servePage } from "@siteferry/receiver/test-page";
import { missingFor } from "@siteferry/testkit/cores";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Look, startBrowser, watch, type Watched } from "./browser.ts";
import { anatomyOf, axeOf, focusOf, openAllDetails, surfaceOf } from "./in-page.ts";

const quiet = (): void => {};
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const paths = ["/", "/sites/evil", "/sites/well"] as const;

describe.skipIf(missingFor("chromium") !== null)("the page in Chromium", () => {
  let browser: Browser;
  let served: Awaited<ReturnType<typeof servePage>>;
  let origin: string;

  beforeAll(async () => {
    const facts = hostilePage();
    const sources = { names: [], facts: async () => facts, metrics: metricsText };
    served = await servePage({ host: "127.0.0.1", port: 0 }, sources, log);
    origin = `http://127.0.0.1:${served.port}`;
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });

  const open = async (path: string, look: Look = {}): Promise<Watched> => {
    const watched = await watch(browser, origin, look);
    await watched.page.goto(`${origin}${path}`);
    return watched;
  };

  test.each(paths)("%s: hostile texts are text; nothing runs, loads or complains", async (path) => {
    await using watched = await open(path);
    const { page } = watched;
    const found = await anatomyOf(page);
    for (const element of ["script", "img", "iframe", "base", "form", "object"]) {
      expect(found.elements).not.toContain(element);
    }
    expect(found.handlers).toEqual([]);
    expect(found.headings).toBe(1);
    const known = /^(\/[\w/-]*|#main)$/;
    expect(found.links.filter((href) => !known.test(href))).toEqual([]);
    const shown =
      path === "/sites/evil" ? hostileTexts : path === "/" ? hostileTexts.slice(0, 9) : [];
    for (const text of shown) expect(found.text).toContain(printable(text, 2000));
    await page.mouse.click(400, 400);
    expect(await watched.incidents()).toEqual([]);
  });

  test("what is watched for would be seen", async () => {
    await using watched = await watch(browser, origin);
    const { page } = watched;
    const policy = (await page.goto(origin))!.headers()["content-security-policy"]!;
    const body = "<script>alert(1)</script><img src=https://attacker.example/x onerror=alert(2)>";
    let headers: Record<string, string> = {};
    const contentType = "text/html";
    await page.route("**/hole", (route) => route.fulfill({ body, contentType, headers }));
    await page.goto(`${origin}/hole`);
    await expect
      .poll(watched.incidents)
      .toEqual(
        expect.arrayContaining(["dialog: 1", "request: https://attacker.example/x", "dialog: 2"]),
      );
    // And with the page's own policy such a hole would do no harm.
    await using held = await watch(browser, origin);
    headers = { "content-security-policy": policy };
    await held.page.route("**/hole", (route) => route.fulfill({ body, contentType, headers }));
    await held.page.goto(`${origin}/hole`);
    await expect.poll(held.incidents).toContain("policy: script-src-elem");
    expect((await held.incidents()).filter((one) => /^(dialog|request)/.test(one))).toEqual([]);
  });

  test.each(paths)("%s: the keyboard reaches every link and what can be opened", async (path) => {
    await using watched = await open(path);
    const { page } = watched;
    const all = await page.locator("a[href], summary").count();
    const reached: string[] = [];
    for (let step = 0; step < all; step++) {
      await page.keyboard.press("Tab");
      reached.push(await focusOf(page));
    }
    expect(reached).toEqual(Array.from({ length: all }, (_, index) => `${index} seen`));
  });

  test("by keyboard alone: past the head, into a site, its table opened, and back", async () => {
    await using watched = await open("/");
    const { page } = watched;
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(new URL(page.url()).hash).toBe("#main");
    await page.getByRole("rowheader", { name: "well" }).getByRole("link").focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(`${origin}/sites/well`);
    await page.locator("summary").focus();
    await page.keyboard.press("Enter");
    expect(await page.getByRole("table", { name: /each half hour/ }).isVisible()).toBe(true);
    await page.getByRole("navigation").getByRole("link").focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(`${origin}/`);
    expect(await watched.incidents()).toEqual([]);
  });

  const looks = (["light", "dark"] as const).flatMap((scheme) =>
    [360, 1280].map((width) => ({ scheme, width })),
  );
  test.each(looks)(
    "$scheme, $width pixels wide: nothing to scroll sideways, nothing for axe to find",
    async (look) => {
      for (const path of paths) {
        await using watched = await open(path, look);
        const { page } = watched;
        await openAllDetails(page);
        expect(await surfaceOf(page), path).toEqual([
          look.width,
          look.scheme === "dark" ? "rgb(13, 17, 23)" : "rgb(255, 255, 255)",
        ]);
        const { violations, passes } = await axeOf(page);
        expect(violations, path).toEqual([]);
        expect(passes, path).toContain("color-contrast");
      }
    },
  );

  test("a screen reader is told tables, states and graphs in words", async () => {
    await using watched = await open("/", { width: 360 });
    const { page } = watched;
    const row = page.getByRole("row", { name: /^well/ });
    expect(await row.getByRole("cell").count()).toBe(8);
    const graph = row.getByRole("img");
    expect(await graph.getAttribute("aria-label")).toMatch(/^\d+ bundles of .* in the last day; /);
    expect(await page.getByRole("columnheader").allTextContents()).toContain("Services");
    for (const role of ["banner", "main", "contentinfo"] as const) {
      expect(await page.getByRole(role).count(), role).toBe(1);
    }
  });
});
