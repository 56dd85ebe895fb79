// What all pages have: head, landmarks, the moment that they show.

import type { SiteId } from "@siteferry/model";
import { html, type Markup, type Part } from "./markup.ts";
import { styleElement } from "./style.ts";
import { moment } from "./words.ts";

export interface Frame {
  readonly centre: SiteId;
  readonly nowMs: number;
  /** Of the window, and of the page itself. */
  readonly title: string;
  readonly heading: Part;
  /** Where this page is. */
  readonly path: string;
}

export function framed({ centre, nowMs, title, heading, path }: Frame, main: Part): Markup {
  const home = path === "/" ? null : html`<nav aria-label="Pages"><a href="/">All sites</a></nav>`;
  return html`<!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
        ${styleElement}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header>
          <h1>${heading}</h1>
          ${home}
        </header>
        <main id="main">${main}</main>
        <footer>
          <span>siteferry at ${centre}, as of ${moment(nowMs)}</span
          ><a href="${path}">Look again</a>
        </footer>
      </body>
    </html> `;
}

export const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#0969da" d="M1 9h14l-2 5H3zM4 5h8v3H4zM7 2h2v3H7z"/></svg>\n';
