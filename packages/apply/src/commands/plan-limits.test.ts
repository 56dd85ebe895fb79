// What a site may have at a core, whatever it says and however often it says another thing.

import { limits } from "@siteferry/model";
import { expect, test } from "vitest";
import type { CentreComment } from "./centre-view.ts";
import type { CommandDialect } from "./command.ts";
import { defaultMark } from "./mark.ts";
import { type CommandMemory, emptyMemory, noteSent } from "./memory.ts";
import { ModelCore } from "./model-core.ts";
import { type Annotation, planCommands } from "./plan.ts";
import {
  annotatedSite,
  hostAt,
  serviceAt,
  siteComment,
  siteDowntime,
  type TestSite,
} from "./test-site.ts";

const start = 1_795_000_000;
const web = hostAt("web");
const carry: ReadonlySet<Annotation> = new Set(["acknowledgements", "downtimes", "comments"]);
const dialect: CommandDialect = { core: "nagios", way: "file" };
const services = Array.from({ length: 3_000 }, (_, index) => serviceAt("web", `${index}`));
const most = limits.annotationsPerSiteMax;

/** Cycles of which nothing arrives: the core shows the comments that a test says. */
function shownCentre() {
  const core = new ModelCore(dialect, start);
  core.know(web);
  for (const at of services) {
    core.know(at);
    core.result(at, 2);
  }
  let memory: CommandMemory = emptyMemory;
  return (site: TestSite, comments: readonly CentreComment[] = [], seconds = 60) => {
    core.now += seconds;
    const nowMs = core.now * 1000;
    const view = { ...core.view(), comments };
    const options = { dialect, carry, mark: defaultMark, memory, nowMs };
    const plan = planCommands(annotatedSite(site), view, options);
    memory = noteSent(plan.memory, plan.commands, nowMs);
    return { ...plan, kinds: plan.commands.map(({ command }) => command.kind) };
  };
}

function shown(count: number): CentreComment[] {
  const said = { author: "joe (siteferry remote1)", entryTime: start, entryType: 1 };
  return Array.from({ length: count }, (_, index) => ({
    ...web,
    ...said,
    id: index + 1,
    persistent: 1,
    text: `old ${index}`,
  }));
}

test("texts that change in each bundle don't pile up: removals first, additions as there is room", () => {
  const saying = (comment: string): TestSite => ({
    comments: Array.from({ length: most }, (_, id) => siteComment(web, { id, comment })),
  });
  const cycle = shownCentre();
  const full = cycle(saying("new"), shown(most));
  expect(full.kinds).toEqual(Array.from({ length: most }, () => "delete-comment"));
  expect(full.counts.waitingForRoom).toBe(most);
  const { kinds } = cycle(saying("newer"), shown(most - 10));
  expect(kinds).toHaveLength(most);
  expect(kinds.indexOf("add-comment")).toBe(most - 10);
  // Nobody wants those ten any more, and the core doesn't show them yet.
  expect(cycle(saying("newest"), [], 1).commands).toHaveLength(most - 10);
});

test("what people said takes a few MiB of a core's memory and status file, however long the texts are", () => {
  const comment = "😀".repeat(1_000);
  const texts = services.map((at, id) => ({ id, comment: `${id}${comment}`, entry_time: id, at }));
  const { commands, counts, refusals } = shownCentre()({
    standings: services.map((at) => ({ at, state: 2, acknowledgement: 1 })),
    comments: texts.flatMap(({ at, ...said }) => [
      siteComment(at, { ...said, entry_type: 4 }),
      siteComment(at, said),
    ]),
    downtimes: texts.map(({ at, ...said }) => siteDowntime(at, said)),
  });
  for (const kind of ["acknowledge", "schedule-downtime", "add-comment"]) {
    const sizes = commands.flatMap(({ command }) =>
      command.kind === kind && "text" in command
        ? [Buffer.byteLength(command.text) + Buffer.byteLength(command.author)]
        : [],
    );
    const sum = sizes.reduce((a, b) => a + b, 0);
    expect(sum).toBeLessThanOrEqual(limits.annotationBytesMax);
    expect(sum).toBeGreaterThan(limits.annotationBytesMax - 3_000);
    const written = commands.flatMap(({ command }) =>
      command.kind === kind && "text" in command ? [Number.parseInt(command.text, 10)] : [],
    );
    // The oldest, so that they stay the same ones.
    expect(written).toEqual(written.map((_, index) => index));
  }
  expect(counts.refused).toBe(9_000 - commands.length);
  expect(refusals).toHaveLength(3);
});
