// The page of all sites: those that need somebody come first.

import { type PluginState, stateNames } from "@siteferry/agent";
import type { Quarantined, SiteView } from "../health/judge.ts";
import { numbersOf } from "../health/numbers.ts";

import { framed } from "./frame.ts";
import { trafficGraph } from "./graph.ts";
import { html, type Markup, type Part } from "./markup.ts";
import type { PageFacts } from "./page-facts.ts";
import { refusalTable } from "./refusals.ts";
import { troubleOf } from "./run-record.ts";
import { count, duration, tally } from "./words.ts";

/** Of all sites together; each site's page has all of its own. */
const refusalsMax = 20;
const byNeed: readonly PluginState[] = [2, 1, 3, 0];

export function overviewPage(facts: PageFacts): Markup {
  const { centre, nowMs, sites, strangers, runs, freeSpace, troubles, waits } = facts;
  const sorted = sites.toSorted(
    (a, b) =>
      byNeed.indexOf(a.health.state) - byNeed.indexOf(b.health.state) ||
      (a.facts.site < b.facts.site ? -1 : 1),
  );
  const trouble = troubleOf(runs, freeSpace, nowMs);
  const title = `${titleOf(sites)} – siteferry at ${centre}`;
  const frame = { centre, nowMs, title, heading: html`siteferry at ${centre}`, path: "/" };
  return framed(frame, [
    trouble === null
      ? null
      : html`<p role="status"><span class="CRITICAL">The receiver</span>: ${trouble}</p>`,
    troubles.map(
      (words) => html`<p role="status"><span class="WARNING">The receiver</span>: ${words}</p>`,
    ),
    waits.map((words) => html`<p>Waiting: ${words}</p>`),
    tallyOf(sites),
    waitingFor(sorted),
    sitesTable(sorted, nowMs),
    refusalsOf(sorted, strangers),
  ]);
}

function titleOf(sites: readonly SiteView[]): string {
  const bad = sites.filter(({ health }) => health.state !== 0).length;
  return bad === 0
    ? `${count(sites.length, "site", "sites")} OK`
    : `${bad} of ${sites.length} sites`;
}

function tallyOf(sites: readonly SiteView[]): Markup {
  const items = byNeed.map((state) => {
    const number = sites.filter(({ health }) => health.state === state).length;
    return html`<li><span class="${stateNames[state]}">${stateNames[state]}</span> ${number}</li>`;
  });
  return html`<section aria-labelledby="summary">
    <h2 id="summary">In short</h2>
    <ul class="plain tally">
      ${items}
    </ul>
  </section>`;
}

function waitingFor(sites: readonly SiteView[]): Part {
  const lines = sites.flatMap(({ facts: { site, awaitsApproval, removalHeld } }) => {
    const command = html`<code>siteferry config approve ${site}</code>`;
    return [
      ...(awaitsApproval
        ? [html`<li>${siteLink(site)}: its first objects wait for ${command}</li>`]
        : []),
      ...(removalHeld
        ? [html`<li>${siteLink(site)}: it removes many hosts, which waits for ${command}</li>`]
        : []),
    ];
  });
  if (lines.length === 0) return null;
  return html`<section aria-labelledby="waiting">
    <h2 id="waiting">What waits for approval</h2>
    <ul>
      ${lines}
    </ul>
  </section>`;
}

const columns = [
  "State",
  "Last bundle",
  "Lag",
  "Hosts",
  "Services",
  "Last day",
  "Missing",
  "Refused",
];

/** With roles: as cards on a narrow screen it would be no table any more. */
function sitesTable(sites: readonly SiteView[], nowMs: number): Part {
  const head = ["Site", ...columns].map(
    (name) => html`<th role="columnheader" scope="col">${name}</th>`,
  );
  const body =
    sites.length === 0
      ? html`<p>No site is configured.</p>`
      : html`<table role="table" class="cards">
          <caption>
            Age and lag of the newest bundle, states as the site says them, bundles of the last day
          </caption>
          <thead role="rowgroup">
            <tr role="row">
              ${head}
            </tr>
          </thead>
          <tbody role="rowgroup">
            ${sites.map((view) => siteRow(view, nowMs))}
          </tbody>
        </table>`;
  return html`<section aria-labelledby="sites">
    <h2 id="sites">Sites</h2>
    ${body}
  </section>`;
}

function siteRow({ facts, health }: SiteView, nowMs: number): Markup {
  const { age, lag, hosts, services, missed, quarantined, bundlesOfDay } = numbersOf(facts, nowMs);
  const state = stateNames[health.state];
  const words = html`<span class="${state}">${state}</span>
    ${health.state === 0 ? null : health.summary}`;
  const graph =
    bundlesOfDay === 0 ? "nothing" : trafficGraph(facts.trafficOfDay, { width: 144, height: 24 });
  const values: readonly Part[] = [
    words,
    whole(duration(age)),
    whole(duration(lag)),
    tally(hosts),
    tally(services),
    graph,
    whole(missed),
    whole(quarantined),
  ];
  const cells = values.map((value, index) => {
    const kind = index === 0 ? "words" : "cell";
    return html`<td role="cell" class="${kind}" data-is="${columns[index]!}">${value}</td>`;
  });
  return html`<tr role="row">
    <th role="rowheader" scope="row">${siteLink(facts.site)}</th>
    ${cells}
  </tr> `;
}

function refusalsOf(sites: readonly SiteView[], strangers: readonly Quarantined[]): Part {
  const of = (who: Part, all: readonly Quarantined[]) => all.map((one) => ({ ...one, who }));
  const all = [
    ...sites.flatMap(({ facts: { site, quarantined } }) => of(siteLink(site), quarantined)),
    ...of("nobody known", strangers),
  ].toSorted((a, b) => b.refusedMs - a.refusedMs);
  if (all.length === 0) return null;
  const shown = all.slice(0, refusalsMax);
  const caption =
    all.length === shown.length
      ? "What lies in the quarantine, the newest first"
      : `The newest ${shown.length} of ${all.length} files in the quarantine`;
  return html`<section aria-labelledby="refused">
    <h2 id="refused">Refused</h2>
    ${refusalTable(shown, caption)}
  </section>`;
}

function whole(value: string | number): Markup {
  return html`<span class="whole">${value}</span>`;
}

function siteLink(site: string): Markup {
  return html`<a href="/sites/${site}">${site}</a>`;
}
