// How the page looks. It stands in the page itself, and the policy allows exactly this text by its hash.

import { createHash } from "node:crypto";
import { Markup } from "./markup.ts";

const text = `
:root { color-scheme: light dark;
  --back: #ffffff; --fore: #1b1f24; --soft: #57606a; --line: #d0d7de; --raised: #f6f8fa; --link: #0550ae;
  --ok: #116329; --warning: #7d4e00; --critical: #a40e26; --unknown: #6639ba; --bar: #0969da; }
@media (prefers-color-scheme: dark) { :root {
  --back: #0d1117; --fore: #e6edf3; --soft: #9da7b1; --line: #3d444d; --raised: #161b22; --link: #79b8ff;
  --ok: #56d364; --warning: #e3b341; --critical: #ff8b85; --unknown: #d2a8ff; --bar: #58a6ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 0 1rem 2rem; max-width: 90rem; background: var(--back); color: var(--fore);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--back); padding: .5rem; }
header, footer { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; align-items: baseline; }
header { border-bottom: 1px solid var(--line); padding: .75rem 0; }
footer { border-top: 1px solid var(--line); padding: .75rem 0; color: var(--soft); margin-top: 2rem; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.15rem; margin: 1.75rem 0 .5rem; }
p { margin: .5rem 0; } .soft { color: var(--soft); }
code { font: .92em ui-monospace, monospace; overflow-wrap: anywhere; }
ul.plain { list-style: none; margin: .5rem 0; padding: 0; }
ul.tally { display: flex; flex-wrap: wrap; gap: .5rem; }
ul.tally li { border: 1px solid var(--line); border-radius: .4rem; padding: .15rem .7rem; background: var(--raised); }
.OK, .WARNING, .CRITICAL, .UNKNOWN { font-weight: 600; }
.OK { color: var(--ok); } .WARNING { color: var(--warning); }
.CRITICAL { color: var(--critical); } .UNKNOWN { color: var(--unknown); }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; color: var(--soft); padding: .25rem 0; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 600; } .words { min-width: 14rem; overflow-wrap: anywhere; } .whole { white-space: nowrap; }
.states { display: flex; flex-wrap: wrap; gap: 1rem 4rem; } .states table, details table { width: auto; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; margin: .5rem 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; } li { overflow-wrap: anywhere; }
svg { display: block; max-width: 100%; } .bars { fill: var(--bar); } .ground { stroke: var(--line); }
details { margin: .5rem 0; } summary { cursor: pointer; color: var(--link); }
@media (max-width: 60rem) {
  table.cards, table.cards tbody, table.cards tr, table.cards th, table.cards td, table.cards caption { display: block; }
  table.cards thead { position: absolute; left: -1000rem; }
  table.cards tr { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .75rem; margin: .75rem 0; }
  table.cards th, table.cards td { border: 0; padding: .15rem 0; white-space: normal; }
  table.cards td[data-is]::before { content: attr(data-is) ": "; color: var(--soft); }
}
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } .whole { white-space: normal; } }
`;

const hash = createHash("sha256").update(text).digest("base64");

export const styleElement: Markup = new Markup(`<style>${text}</style>`);

/** Nothing is loaded from anywhere but the icon from here; no script runs, whatever the page says. */
export const policy: string = [
  "default-src 'none'",
  `style-src 'sha256-${hash}'`,
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");
