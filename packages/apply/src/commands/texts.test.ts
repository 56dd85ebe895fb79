import type { SiteId } from "@siteferry/model";
import { describe, expect, test } from "vitest";

import type { CommandDialect } from "./command.ts";
import { defaultMark, markedSite, markFault, siteMark } from "./mark.ts";
import { storedText } from "./texts.ts";
import { testSite } from "./test-site.ts";

const nagios: CommandDialect = { core: "nagios", way: "file" };
const icinga2: CommandDialect = { core: "icinga2", way: "socket" };
const mark = siteMark(" (siteferry {site})", testSite);

describe("a text", () => {
  test.each([
    ["R43 line feeds and others show as pictures", "a\r\nb\tc\0d\u007f\u0085\u2028", "a␊b␉c␀d␡␦␦"],
    ["R45 a semicolon stays", "a;b", "a;b"],
    ["R46 a backslash stays", "C:\\new", "C:\\new"],
    ["blanks at the ends go", "  a  ", "a"],
    ["an empty one is a dash", " ", "-"],
    ["an emoji stays", "🚀", "🚀"],
    ["half of one doesn't", "\ud83d", "\ufffd"],
  ])("%s", (_, text, stored) => {
    expect(storedText(text, nagios, "comment")).toBe(stored);
  });

  test("R45 of a downtime has no semicolon for Nagios, and none at the beginning for Icinga 2", () => {
    expect(storedText("a;b", nagios, "downtime")).toBe("a,b");
    expect(storedText(";;a;b", icinga2, "comment")).toBe(",,a;b");
  });

  test("a long one is cut, never in the middle of a character", () => {
    const stored = storedText("🚀".repeat(5000), nagios, "comment");
    expect(Buffer.byteLength(stored)).toBe(2048);
    expect(stored.isWellFormed()).toBe(true);
  });

  test("stays as it is when it comes from the centre again", () => {
    for (const text of ["a\nb", ";x", "  ", "a ".repeat(3000)]) {
      const stored = storedText(text, icinga2, "downtime");
      expect(storedText(stored, icinga2, "downtime")).toBe(stored);
    }
  });
});

describe("the mark", () => {
  test.each([
    ["a plain author", "joe", "joe (siteferry remote1)"],
    ["nobody", "", "? (siteferry remote1)"],
    ["R45 a semicolon", "joe;1", "joe,1 (siteferry remote1)"],
    ["R43 a line feed", "joe\nx", "joe␊x (siteferry remote1)"],
    ["another site's mark", "joe (siteferry other)", "joe other (siteferry remote1)"],
    ["a mark around a mark", "a (siteferry (siteferry x))", "a x (siteferry remote1)"],
    ["a mark in capitals", "a (SITEFERRY  x )", "a x (siteferry remote1)"],
    ["a mark with what can't be seen", "a (site\u200bferry x)", "a x (siteferry remote1)"],
  ])("of %s", (_, author, marked) => {
    expect(mark.author(author)).toBe(marked);
    expect(mark.isOwn(marked)).toBe(true);
  });

  test("a long author keeps it", () => {
    const marked = mark.author("ä".repeat(300));
    expect(Buffer.byteLength(marked)).toBeLessThanOrEqual(120);
    expect(mark.isOwn(marked)).toBe(true);
  });

  test("tells own from other: operators, other sites, sites with longer names", () => {
    expect(mark.isOwn("joe")).toBe(false);
    expect(
      mark.isOwn(siteMark(" (siteferry {site})", "other" as typeof testSite).author("joe")),
    ).toBe(false);
    const longer = siteMark(" (siteferry {site})", "x-remote1" as typeof testSite);
    expect(mark.isOwn(longer.author("joe"))).toBe(false);
  });

  test.each([
    "",
    "{site}",
    "a{site}",
    "-{site}",
    " {site}",
    ".{site};",
    ".{site}{site}",
    ".{site} ",
  ])("%j can't be one", (template) => {
    expect(markFault(template)).not.toBeNull();
  });

  test.each([" (siteferry {site})", "@{site}", " [{site}]"])("%j can be one", (template) => {
    expect(markFault(template)).toBeNull();
  });
});

test.each([defaultMark, " @{site}x", "#{site}", " [{site}]-"])(
  "whose mark %s it is",
  (template) => {
    for (const site of ["a", "a-b", "9"] as SiteId[]) {
      for (const author of ["", "joe", "a-b", "joe (siteferry c)"])
        expect(markedSite(template, siteMark(template, site).author(author))).toBe(site);
      for (const author of ["", "joe", "a", "a-b", "joe (siteferry )", `x${template}`])
        expect(markedSite(template, author)).toBeNull();
    }
  },
);
