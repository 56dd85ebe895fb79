// What is asked inside of the page. As texts: the types of browsers would be everywhere if they were here.

import axe from "axe-core";
import type { Page } from "playwright-core";

export const notingBreaches = `
  globalThis.breaches = [];
  document.addEventListener("securitypolicyviolation", ({ violatedDirective }) =>
    globalThis.breaches.push("policy: " + violatedDirective));
`;

export async function breachesOf(page: Page): Promise<readonly string[]> {
  return await page.evaluate<readonly string[]>("globalThis.breaches");
}

export interface Anatomy {
  readonly elements: readonly string[];
  /** Names of attributes that could run something. */
  readonly handlers: readonly string[];
  readonly headings: number;
  readonly links: readonly string[];
  readonly text: string;
}

export async function anatomyOf(page: Page): Promise<Anatomy> {
  return await page.evaluate<Anatomy>(`(() => {
    const all = [...document.querySelectorAll("*")];
    const names = all.flatMap(({ attributes }) => [...attributes].map(({ name }) => name));
    return {
      elements: [...new Set(all.map(({ localName }) => localName))],
      handlers: names.filter((name) => /^(on|style$)/.test(name)),
      headings: document.querySelectorAll("h1").length,
      links: [...document.links].map((link) => link.getAttribute("href")),
      text: document.body.textContent,
    };
  })()`);
}

/** Which of the links and summaries has the focus, and whether one sees it. */
export async function focusOf(page: Page): Promise<string> {
  return await page.evaluate<string>(`(() => {
    const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
    const isSeen = outlineStyle !== "none" && outlineWidth !== "0px";
    const all = [...document.querySelectorAll("a[href], summary")];
    return all.indexOf(document.activeElement) + (isSeen ? " seen" : " unseen");
  })()`);
}

export async function openAllDetails(page: Page): Promise<void> {
  await page.evaluate(`for (const one of document.querySelectorAll("details")) one.open = true`);
}

/** How wide all is, and the colour behind it. */
export async function surfaceOf(page: Page): Promise<readonly [number, string]> {
  return await page.evaluate<[number, string]>(
    `[document.documentElement.scrollWidth, getComputedStyle(document.body).backgroundColor]`,
  );
}

/** What axe complains of, and the ids of the rules that it found kept. */
export async function axeOf(
  page: Page,
): Promise<{ readonly violations: readonly string[]; readonly passes: readonly string[] }> {
  await page.evaluate(axe.source);
  return await page.evaluate(`axe.run(document).then(({ violations, passes }) => ({
    violations: violations.map(({ id, nodes }) => id + ": " + nodes[0].html),
    passes: passes.map(({ id }) => id),
  }))`);
}
