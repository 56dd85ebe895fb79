// Every command of the documents is followed, on a copy of this machine: what an operator copies from
// there has to do what stands beside it.

import { missingFor } from "@siteferry/testkit/cores";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { faultOf, isCommand, isOurs, notCommands, notRun } from "./accounts.ts";
import { Book } from "./book.ts";
import { byHand, elsewhere, firstSteps, looking, quarantine } from "./everyday.ts";
import { branches, diode, dmz } from "./examples.ts";
import { icinga2 } from "./icinga2.ts";
import { byHttp, livedumpBySsh, pulled, throughTheLogin, toAProcess } from "./links.ts";
import { byMail } from "./mail.ts";
import { centreFirst, fromCmcdump, fromLivedump, livedump, statesAlone } from "./migration.ts";
import { openPlace, type Place } from "./place.ts";
import { checked, fromPackage, install, readme, removed } from "./set-up.ts";

const needed = [
  "nagios",
  "icinga2",
  "sshd",
  "nginx",
  "postfix",
  "dovecot",
  "openssl",
  "age",
] as const;

/** In this order: a site that is set up is looked at afterwards. */
const walks: readonly (readonly [string, (place: Place) => Promise<void>])[] = [
  ["README.md: siteferry from a checkout", install],
  ["installation.md: is it the right one", checked],
  ["installation.md: what a package leaves, set up", fromPackage],
  ["operating.md, configuration.md: keys, init, enrol", firstSteps],
  ["README.md: both sides, and the objects let in", readme],
  ["operating.md, objects.md: how it is", looking],
  ["operating.md: the quarantine", quarantine],
  ["errors.md, installation.md and others: what stands in the text", elsewhere],
  ["operating.md, drop.md, bundle.md: a new epoch, a stick, what is in a bundle", byHand],
  ["installation.md: taken out of the core", removed],
  ["livedump.md: dumps, and livedump's name", livedump],
  ["migration.md: livedump beside, compared, changed over, and back", fromLivedump],
  ["migration.md: the centre's own objects", statesAlone],
  ["migration.md: the centre first, the sites first", centreFirst],
  ["migration.md, cmc.md: cmcdump", fromCmcdump],
  ["ssh.md: to a process, by the system's ssh", toAProcess],
  ["migration.md: livedump by ssh", livedumpBySsh],
  ["ssh.md: to the listener", throughTheLogin],
  ["http.md: the centre listens", byHttp],
  ["http.md: pull", pulled],
  ["examples.md: a DMZ, by ssh from inside", dmz],
  ["examples.md: a diode, through a directory", diode],
  ["examples.md: 200 branches, by http", branches],
  ["examples.md: a customer's site, by mail", byMail],
  ["icinga2.md: from the API user to the end", icinga2],
];

describe.skipIf(needed.some((name) => missingFor(name) !== null))("the documents, followed", () => {
  const stack = new AsyncDisposableStack();
  let place: Place;
  beforeAll(async () => {
    place = await openPlace(stack);
  });
  afterAll(() => stack.disposeAsync());

  test.each(walks)("%s", async (_title, walk) => {
    await expect(walk(place)).resolves.toBeUndefined();
  });

  test("no command in the text is left that nobody ran or knows", () => {
    const left = place.book
      .left("inline")
      .filter(({ text }) => isCommand(text) && !isNotRun(text) && !isOurs(text));
    expect(left.map(({ document, text }) => `${document}: ${text}`)).toEqual([]);
  });
  test("no block of the documents is left that nobody followed or knows", () => {
    const unknown = place.book
      .left("block")
      .filter(({ document, text }) => !known(document, text) && !isNotRun(text));
    expect(unknown.map(({ document, text }) => `${document}: ${text}`)).toEqual([]);
  });
});

test("the lists of what isn't followed name only what is there", () => {
  const book = new Book();
  const blocks = book.left("block");
  const passages = [...blocks, ...book.left("inline")];
  const stale = [
    ...notCommands.filter(
      ([where, beginning]) =>
        !blocks.some((one) => one.document === where && one.text.startsWith(beginning)),
    ),
    ...notRun.filter(
      ([beginning]) => !passages.some(({ text }) => `\n${text}`.includes(`\n${beginning}`)),
    ),
  ];
  expect(stale).toEqual([]);
});

describe("commands in the text", () => {
  test("siteferry knows those that begin with its name", async () => {
    const wrong: string[] = [];
    for (const { document, text } of new Book().left("inline")) {
      if (!isCommand(text) || !isOurs(text)) continue;
      const fault = await faultOf(text);
      if (fault !== null) wrong.push(`${document}: ${text}: ${fault}`);
    }
    expect(wrong).toEqual([]);
  });
});

function known(document: string, text: string): boolean {
  return notCommands.some(([where, beginning]) => where === document && text.startsWith(beginning));
}

/** Each of its commands; what a line ends with `\\` goes on in the next. */
function isNotRun(text: string): boolean {
  const lines = text.replaceAll("\\\n", " ").split("\n");
  return lines.every(
    (line) => line === "" || notRun.some(([beginning]) => line.startsWith(beginning)),
  );
}
