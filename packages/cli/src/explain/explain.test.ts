import { failureTable, refusalTable } from "@siteferry/model";
import { expect, test } from "vitest";
import { readErrorsPage } from "./errors-page.ts";
import { plainText } from "./plain-text.ts";
import { allCodes, codesOf, explanationOf } from "./section.ts";

const page = readErrorsPage().text;

test("every code has what the page says of it, and nothing of another one", () => {
  for (const code of allCodes) {
    const { head, own } = explanationOf(page, code);
    expect(head).toContain(code);
    expect(own.length, code).toBeGreaterThan(20);
    expect(own, code).not.toMatch(/^#|^\||\*\*|^Look for:\s*$/m);
  }
  expect(allCodes).toHaveLength(
    Object.keys(failureTable).length + Object.keys(refusalTable).length,
  );
});

test("a section is whole: heading, text, advice, and what its chapter says of all", () => {
  expect(explanationOf(page, "livestatus-refused")).toEqual({
    head: "livestatus-refused: Livestatus answered with an error. Exit status 75.",
    own: expect.stringMatching(
      /^The message has the server's number.*\n\nWhat to do: The message shows/,
    ),
    common: expect.stringContaining("unixcat SOCKET"),
  });
  const waits = "The first configuration of a site waits for an operator";
  expect(explanationOf(page, "configuration-waits").head).toBe(
    `configuration-waits: ${waits}. A run in which it happens ends with 0.`,
  );
  expect(explanationOf(page, "key-expired")).toEqual({
    head: "key-expired (R04): Signed with a key outside its validity dates. Exit status 76.",
    own: "Look for: `valid-before` and `valid-after`, against the centre's clock.",
    common: expect.stringContaining("quarantine"),
  });
});

test("a person finds codes by name and by R number, however it is written", () => {
  expect(codesOf("Spool-Busy")).toEqual(["spool-busy"]);
  expect(codesOf("r08")).toEqual(["bundle-not-one", "signature-form"]);
  expect(codesOf("R05")).toEqual(["key-low-order"]);
  expect([codesOf("R99"), codesOf(""), codesOf("constructor")]).toEqual([[], [], []]);
});

test("paragraphs are filled, links are written out, commands stay as they are", () => {
  const markdown = `One [two](three.md#four) [five](#six)
seven eight.

    a   command   that is longer than the width

nine`;
  expect(plainText(markdown, 20)).toBe(`One two
(three.md#four) five
seven eight.

    a   command   that is longer than the width

nine`);
});
