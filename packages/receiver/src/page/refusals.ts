// Refused files with their reasons, as a table.

import type { Quarantined } from "../health/judge.ts";
import { html, type Markup, type Part } from "./markup.ts";
import { moment } from "./words.ts";

interface Refused extends Quarantined {
  /** Whose it is; absent: the page says it. */
  readonly who?: Part;
}

export function refusalTable(refused: readonly Refused[], caption: string): Markup {
  const hasWho = refused.some(({ who }) => who !== undefined);
  const names = ["When", ...(hasWho ? ["Site"] : []), "Code", "Reason", "Id"];
  const reason = names.indexOf("Reason");
  const head = names.map((name) => html`<th role="columnheader" scope="col">${name}</th>`);
  const rows = refused.map(({ refusedMs, who, code, message, id }) => {
    const values: readonly Part[] = [
      moment(refusedMs),
      ...(hasWho ? [who ?? null] : []),
      html`<code>${code}</code>`,
      message,
      html`<code>${id}</code>`,
    ];
    const cells = values.map(
      (value, index) =>
        html`<td
          role="cell"
          class="${index === reason ? "words" : "cell"}"
          data-is="${names[index]!}"
        >
          ${value}
        </td>`,
    );
    return html`<tr role="row">
      ${cells}
    </tr> `;
  });
  return html`<table role="table" class="cards">
    <caption>
      ${caption};
      <code>siteferry quarantine show ID</code>
      and
      <code>siteferry explain CODE</code>
      say more
    </caption>
    <thead role="rowgroup">
      <tr role="row">
        ${head}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows}
    </tbody>
  </table>`;
}
