// The page of one site: everything that the receiver knows of it, but for what it monitors.

import { stateNames } from "@siteferry/agent";
import { numbersOf } from "../health/numbers.ts";
import type { SiteView } from "../health/judge.ts";
import { sizeOf } from "../health/words.ts";
import { framed } from "./frame.ts";
import { trafficGraph, trafficInWords } from "./graph.ts";
import { html, type Markup, type Part } from "./markup.ts";
import type { PageFacts } from "./page-facts.ts";
import { refusalTable } from "./refusals.ts";
import { count, duration, moment } from "./words.ts";

export function sitePage({ centre, nowMs }: PageFacts, view: SiteView): Markup {
  const { facts, health } = view;
  const { site } = facts;
  const state = stateNames[health.state];
  const frame = {
    centre,
    nowMs,
    title: `${site}: ${state} – siteferry at ${centre}`,
    heading: html`${site}`,
    path: `/sites/${site}`,
  };
  return framed(frame, [
    html`<p role="status"><span class="${state}">${state}</span> ${health.summary}</p>`,
    section("bundles", "Bundles", bundlesOf(view, nowMs)),
    section("traffic", "The last day", trafficOf(view)),
    section("states", "States", statesOf(view, nowMs)),
    refusalsOf(view),
    coreOf(view),
    valuesOf(view),
  ]);
}

function section(id: string, heading: string, content: Part): Markup {
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${heading}</h2>
    ${content}
  </section> `;
}

function bundlesOf({ facts, expected }: SiteView, nowMs: number): Markup {
  const { keptMs, createdMs, missedMs, awaitsApproval, removalHeld, site } = facts;
  const { age, lag, clockAhead, missed } = numbersOf(facts, nowMs);
  const approval = [
    ...(awaitsApproval ? ["its first objects"] : []),
    ...(removalHeld ? ["a configuration that removes many hosts"] : []),
  ].join(" and ");
  const rows: readonly (readonly [string, Part])[] = [
    ["Came", keptMs === null ? "never" : [moment(keptMs), `, ${duration(age)} ago`]],
    ["Made", createdMs === null ? "—" : [moment(createdMs), " by its own clock"]],
    ["Lag", duration(lag)],
    ["Expected every", duration(expected.intervalMs / 1000)],
    ["Its clock", clockWords(clockAhead)],
    [
      "Missing",
      [
        count(missed, "bundle", "bundles"),
        missedMs === 0 ? null : [", passed over last ", moment(missedMs)],
        expected.oneWay ? "; usual on a link that goes one way" : null,
      ],
    ],
    [
      "In its outbox",
      [
        count(facts.outbox.waiting, "bundle", "bundles"),
        facts.outbox.waiting === 0 ? null : [", since ", moment(facts.outbox.oldest)],
      ],
    ],
    ["Came in all", `${count(facts.bundles, "bundle", "bundles")}, ${sizeOf(facts.bytes)}`],
    [
      "Waits for approval",
      approval === ""
        ? "nothing"
        : [`${approval}: `, html`<code>siteferry config approve ${site}</code>`],
    ],
  ];
  return html`<dl>
    ${rows.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`;
}

function clockWords(ahead: number): string {
  if (ahead > 0) return `${duration(ahead)} ahead of this one`;
  return ahead < 0
    ? `not ahead; at most ${duration(-ahead)} behind, or its link takes so long`
    : "right";
}

function trafficOf({ facts: { trafficOfDay } }: SiteView): Part {
  const used = trafficOfDay.filter(({ bundles }) => bundles > 0).toReversed();
  const rows = used.map(
    ({ fromMs, bundles, bytes }) =>
      html`<tr>
        <th scope="row">${moment(fromMs)}</th>
        <td>${bundles}</td>
        <td>${sizeOf(bytes)}</td>
      </tr> `,
  );
  const table = html`<details>
    <summary>The same as a table</summary>
    <table>
      <caption>
        Bundles that came in each half hour, the newest first
      </caption>
      <thead>
        <tr>
          <th scope="col">From</th>
          <th scope="col">Bundles</th>
          <th scope="col">Size</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </details>`;
  if (used.length === 0) return html`<p>Nothing came.</p>`;
  return [
    trafficGraph(trafficOfDay, { width: 640, height: 80 }),
    html`<p>${trafficInWords(trafficOfDay)}</p>`,
    table,
  ];
}

function statesOf({ facts }: SiteView, nowMs: number): Part {
  const { hosts, services } = numbersOf(facts, nowMs);
  if (hosts === null || services === null) {
    return html`<p>Not counted: no states have come yet.</p>`;
  }
  return html`<div class="states">${tableOf("Hosts", hosts)}${tableOf("Services", services)}</div>`;
}

function tableOf(what: string, counts: Readonly<Record<string, number>>): Markup {
  const rows = Object.entries(counts).map(
    ([name, number]) =>
      html`<tr>
        <th scope="row">${name}</th>
        <td>${number}</td>
      </tr> `,
  );
  return html`<table>
    <caption>
      ${what}, as the site says
    </caption>
    <thead>
      <tr>
        <th scope="col">State</th>
        <th scope="col">Number</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}

function refusalsOf({ facts: { quarantined } }: SiteView): Part {
  const caption = "What of this site lies in the quarantine, the newest first";
  const table =
    quarantined.length === 0 ? html`<p>Nothing.</p>` : refusalTable(quarantined, caption);
  return section("refused", "Refused", table);
}

function coreOf({ facts: { rejected } }: SiteView): Part {
  if (rejected === null) return null;
  const words = html`<p>The core refuses what is new of this site: ${rejected}</p>`;
  return section("core", "At the core", words);
}

function valuesOf({ facts: { refusedValues, refusedValueCount } }: SiteView): Part {
  if (refusedValueCount === 0) return null;
  const left = refusedValueCount - refusedValues.length;
  return section("values", "Values that can't stand in the core's configuration", [
    html`<ul>
      ${refusedValues.map((value) => html`<li>${value}</li>`)}
    </ul>`,
    left > 0 ? html`<p>and ${left} more</p>` : null,
  ]);
}
