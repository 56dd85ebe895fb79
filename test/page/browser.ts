// Debian's Chromium, and what it notices while it shows a page.

import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { breachesOf, notingBreaches } from "./in-page.ts";

/** Sandboxes need rights that containers don't have; what is opened here is ours. */
const flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];

export async function startBrowser(): Promise<Browser> {
  return await chromium.launch({ executablePath: "/usr/bin/chromium", args: flags });
}

export interface Look {
  readonly scheme?: "light" | "dark";
  readonly width?: number;
}

export interface Watched extends AsyncDisposable {
  readonly page: Page;
  /** Dialogs, complaints on the console, errors, breaches of the policy, requests to anywhere else. */
  incidents(): Promise<readonly string[]>;
}

/** A new window, which may go to `origin` only; everything else is noted and stopped. */
export async function watch(
  browser: Browser,
  origin: string,
  { scheme = "light", width = 1280 }: Look = {},
): Promise<Watched> {
  const viewport = { width, height: 800 };
  const context: BrowserContext = await browser.newContext({ colorScheme: scheme, viewport });
  const seen: string[] = [];
  await context.route(
    (url) => url.origin !== origin,
    async (route) => {
      seen.push(`request: ${route.request().url()}`);
      await route.abort();
    },
  );
  await context.addInitScript(notingBreaches);
  const page = await context.newPage();
  page.on("dialog", (dialog) => {
    seen.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("console", (message) => seen.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => seen.push(`error: ${error.message}`));
  page.on("popup", () => seen.push("popup"));
  return {
    page,
    incidents: async () => [...seen, ...(await breachesOf(page))],
    [Symbol.asyncDispose]: async () => await context.close(),
  };
}
