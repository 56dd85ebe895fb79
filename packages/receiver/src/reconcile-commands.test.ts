// What people said at a site, against a core that is slow, restarts, goes in the middle, or forgets.

import { glob, rm, truncate, writeFile } from "node:fs/promises";
import { type FileSystem, limits } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { expect, test } from "vitest";
import { commands, openGround, said, times } from "./commands/test-ground.ts";
import { hostState, siteComment, siteDowntime } from "./test-annotated.ts";

test("said once, seen, and never said again; without a change nothing is even looked for", async () => {
  await using ground = await openGround();
  const { core, centre } = ground;
  await centre.say("remote1", said);
  expect(await centre.receive()).toMatchObject({ commands: 3, commandsWaiting: 3, failed: 0 });
  // The picture is the old one: nothing is sent twice for that.
  expect(await centre.receive()).toMatchObject({ commands: 0, commandsWaiting: 3 });
  await ground.pass();
  expect(core.commands).toEqual(commands);
  expect(await centre.receive()).toMatchObject({ commands: 0, commandsWaiting: 0, failed: 0 });
  await centre.say("remote1", said);
  await ground.pass();
  expect(await centre.receive()).toMatchObject({ commands: 0, commandsWaiting: 0, failed: 0 });
  core.whenFull = "isn't there";
  await ground.pass();
  const looked: string[] = [];
  const files: FileSystem = {
    ...nodeFiles,
    async read(path, ...rest) {
      looked.push(path);
      return await nodeFiles.read(path, ...rest);
    },
  };
  expect(await centre.receive(files)).toMatchObject({ commands: 0, commandsWaiting: 0, failed: 0 });
  expect(looked.filter((path) => path.includes("remote1.settled"))).not.toEqual([]);
  expect(looked.filter((path) => path.includes("remote1.sent"))).toEqual([]);
  expect(core.commands).toEqual(commands);
});

test("a picture made while commands were on their way doesn't have the later ones: they aren't sent twice", async () => {
  await using ground = await openGround({ pace: 2 });
  const { core, centre } = ground;
  const comments = Array.from({ length: 20 }, (_, index) =>
    siteComment("web", null, { id: index + 1, comment: `comment ${index}` }),
  );
  await centre.say("remote1", { hosts: [hostState("web")], comments });
  const seventhSecond = core.clockMs + 7_000;
  core.meanwhile = async () => {
    if (core.clockMs === seventhSecond) await core.work();
  };
  expect(await centre.receive()).toMatchObject({ commands: 20 });
  expect(core.comments.length).toBeLessThan(20);
  expect(await centre.receive()).toMatchObject({ commands: 0 });
  await ground.pass();
  expect(await centre.receive()).toMatchObject({ commands: 0, commandsWaiting: 0 });
  expect(core.comments).toHaveLength(20);
});

test("a command that never shows is said again, and then counted, not hammered", async () => {
  await using ground = await openGround();
  const { core, centre } = ground;
  await centre.say("remote1", said);
  for (let round = 0; round < 20; round += 1) {
    await centre.receive();
    await ground.pass();
    core.comments = core.comments.filter(({ text }) => text !== "hello");
    await ground.pass(1);
  }
  const tries = core.commands.filter((command) => command === commands[2]).length;
  expect(tries).toBeGreaterThan(2);
  expect(tries).toBeLessThan(8);
  expect(await centre.receive()).toMatchObject({ commandsRefused: 1, commandsWaiting: 0 });
});

test("a core that hangs in the middle: what it took isn't sent twice, the rest follows", async () => {
  await using ground = await openGround();
  const { core, centre } = ground;
  const comments = Array.from({ length: 500 }, (_, index) =>
    siteComment("web", null, { id: index + 1, comment: `comment ${index} ${"x".repeat(100)}` }),
  );
  await centre.say("remote1", { hosts: [hostState("web")], comments });
  core.room = 5;
  const first = await centre.receive();
  expect(first.failed).toBe(1);
  expect(centre.complaints.join()).toContain("core-takes-no-commands");
  core.room = Infinity;
  // The core is back, and shows what it had taken. The rest needs no patience.
  await ground.pass(1);
  const taken = core.comments.length;
  expect(taken).toBeGreaterThan(0);
  expect(first.commands).toBe(taken);
  expect(await centre.receive()).toMatchObject({ commands: 500 - taken, failed: 0 });
  await ground.pass();
  expect(core.comments).toHaveLength(500);
  expect(new Set(core.commands).size).toBe(500);
  expect(await centre.receive()).toMatchObject({ commands: 0, commandsWaiting: 0 });
});

test("a core that hangs costs its time-out once, however many sites there are", async () => {
  const sites = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`site${index}`, {}]));
  await using ground = await openGround({ timeout: "7s" }, sites);
  const { core, centre } = ground;
  for (const site of Object.keys(sites)) await centre.say(site, said);
  core.room = 0;
  const beganMs = core.clockMs;
  expect(await centre.receive()).toMatchObject({ commands: 0, failed: 1 });
  expect(core.clockMs - beganMs).toBe(7_000);
  core.room = Infinity;
  await ground.pass(1);
  // The object has room for the acknowledgement of one.
  expect(await centre.receive()).toMatchObject({ commands: 27, failed: 0 });
});

test("the sites of a slow core share the time of a run; what is left over comes with the next", async () => {
  await using ground = await openGround({ pace: 10 }, { remote1: {}, remote2: {} });
  const { core, centre } = ground;
  const comments = Array.from({ length: 70 }, (_, index) =>
    siteComment("web", null, { id: index + 1, comment: `comment ${index}` }),
  );
  for (const site of ["remote1", "remote2"]) {
    await centre.say(site, { hosts: [hostState("web")], comments });
  }
  const beganMs = core.clockMs;
  const first = await centre.receive();
  expect(core.clockMs - beganMs).toBe(10_000);
  expect(first.commands).toBeGreaterThan(70);
  expect(first.commands).toBeLessThan(140);
  expect(first).toMatchObject({ commandsWaiting: 140, failed: 0 });
  // The picture is still that from before: the rest goes out all the same, the others aren't repeated.
  expect(await centre.receive()).toMatchObject({ commands: 140 - first.commands });
  await ground.pass();
  expect(await centre.receive()).toMatchObject({ commands: 0, commandsWaiting: 0 });
  expect(core.comments).toHaveLength(140);
});

test("a core that goes in the middle loses what it hadn't read: all of it comes in the end", async () => {
  await using ground = await openGround();
  const { core, centre, statusFile } = ground;
  await centre.say("remote1", said);
  Object.assign(core, { room: 0, whenFull: "goes" });
  expect(await centre.receive()).toMatchObject({ commands: 0, failed: 1 });
  await rm(statusFile);
  core.whenFull = "isn't there";
  expect(await centre.receive()).toMatchObject({ commands: 0, failed: 1 });
  expect(centre.complaints.at(-1)).toContain("core-status-unusable");
  Object.assign(core, { room: Infinity, whenFull: "hangs", programStart: core.programStart + 9 });
  await ground.pass();
  expect(await centre.receive()).toMatchObject({ commands: 3, failed: 0 });
  await ground.pass();
  expect(core.commands).toEqual(commands);
});

test("half a status file is no picture: nothing is removed, nothing said", async () => {
  await using ground = await openGround();
  const { core, centre, statusFile } = ground;
  await writeFile(
    statusFile,
    "info {\n\tcreated=1795654368\n\t}\n\nhoststatus {\n\thost_name=web\n",
  );
  await centre.say("remote1", said);
  expect(await centre.receive()).toMatchObject({ commands: 0, failed: 1 });
  await ground.pass();
  expect(core.commands).toEqual([]);
});

test("a core that forgot all is told all again", async () => {
  await using ground = await openGround();
  const { core, centre } = ground;
  await centre.say("remote1", said);
  await centre.receive();
  await ground.pass();
  await centre.receive();
  Object.assign(core, { comments: [], downtimes: [], programStart: core.programStart + 99 });
  core.acknowledged.clear();
  await ground.pass();
  expect(await centre.receive()).toMatchObject({ commands: 3 });
  await ground.pass();
  expect(core.commands).toEqual([...commands, ...commands]);
  expect(await centre.receive()).toMatchObject({ commands: 0, commandsWaiting: 0 });
});

test("an operator's own, and another site's, stay whatever is or isn't said", async () => {
  await using ground = await openGround({}, { remote1: {}, remote2: {} });
  const { core, centre } = ground;
  const others = ["operator", "anna", "anna (siteferry remote2)", "anna (siteferry remote10)"];
  for (const [index, one] of others.entries()) {
    const at = { host: "web", service: null, text: "hello", author: one };
    core.comments.push({ ...at, id: 1_000 + index, type: 1 });
    core.downtimes.push({ ...at, id: 2_000 + index });
  }
  await centre.say("remote1", said);
  await ground.pass();
  await centre.receive();
  await ground.pass();
  await centre.say("remote1", { hosts: [hostState("web")], services: said.services! });
  await centre.receive();
  await ground.pass();
  await centre.receive();
  expect(core.comments.filter(({ type }) => type === 1).map((one) => one.author)).toEqual(others);
  expect(core.downtimes.map((one) => one.author)).toEqual(others);
});

test("hosts that the site doesn't speak for are left alone, by their names at the centre", async () => {
  await using ground = await openGround(
    {},
    { remote1: { owns: ["web"], foreignHosts: "leave-out" } },
  );
  const { core, centre } = ground;
  await centre.say("remote1", {
    hosts: [hostState("web"), hostState("db")],
    comments: [
      siteComment("db", null, { id: 1, comment: "not yours" }),
      siteComment("web", null, { id: 2, comment: "hello" }),
    ],
  });
  expect(await centre.receive()).toMatchObject({ commands: 1 });
  await ground.pass();
  expect(core.commands).toEqual([commands[2]]);
  await centre.receive();
  expect(centre.notes.filter((note) => note.includes('"foreign":1'))).toHaveLength(1);
});

test("a sender that doesn't tell of them changes nothing", async () => {
  await using ground = await openGround();
  const { core, centre } = ground;
  await centre.say("remote1", said);
  await centre.receive();
  await ground.pass();
  await centre.say("remote1", { ...said, annotations: null });
  expect(await centre.receive()).toMatchObject({ commands: 0, commandsWaiting: 0, failed: 0 });
  await ground.pass();
  expect(core.commands).toEqual(commands);
});

test("what no command can say is counted in each run, and told once", async () => {
  await using ground = await openGround();
  const { core, centre } = ground;
  const flexible = { ...times, fixed: 0, duration: 0 } as const;
  await centre.say("remote1", {
    hosts: [hostState("web")],
    downtimes: [siteDowntime("web", null, flexible)],
  });
  for (let round = 0; round < 4; round += 1) {
    expect(await centre.receive()).toMatchObject({ commands: 0, commandsRefused: 1, failed: 0 });
    await ground.pass();
    if (round === 2)
      await centre.say("remote1", {
        hosts: [hostState("web", { last_check: 1 })],
        downtimes: [siteDowntime("web", null, flexible)],
      });
  }
  expect(core.commands).toEqual([]);
  expect(centre.complaints).toHaveLength(1);
  expect(centre.complaints[0]).toContain("it is flexible and lasts no time");
});

test("what the core doesn't know yet waits, and comes when it does", async () => {
  await using ground = await openGround();
  const { core, centre } = ground;
  await centre.say("remote1", {
    hosts: [hostState("new")],
    comments: [siteComment("new", null, { comment: "hello" })],
  });
  expect(await centre.receive()).toMatchObject({ commands: 0, commandsWaiting: 1 });
  core.objects.set("new", { state: 0 });
  await ground.pass();
  expect(await centre.receive()).toMatchObject({ commands: 1 });
});

test("an acknowledgement waits for the problem at the centre", async () => {
  await using ground = await openGround();
  const { core, centre } = ground;
  core.objects.get("web\tdisk")!.state = 0;
  await ground.pass();
  await centre.say("remote1", said);
  expect(await centre.receive()).toMatchObject({ commands: 2, commandsWaiting: 3 });
  core.objects.get("web\tdisk")!.state = 2;
  await ground.pass();
  expect(await centre.receive()).toMatchObject({ commands: 1 });
  await ground.pass();
  expect(core.commands.at(-1)).toBe(commands[0]);
});

test.each([
  ["damaged", (path: string) => writeFile(path, "siteferry-state 1 5 0\nwrong")],
  ["too large", (path: string) => truncate(path, limits.stateBytesMax + 1)],
])("a memory of what was sent that is %s is begun anew, and that is said", async (_, spoil) => {
  await using ground = await openGround();
  const { core, centre } = ground;
  await centre.say("remote1", said);
  await centre.receive();
  await ground.pass();
  for await (const path of glob(`${centre.path}/receiver/state/*/remote1.sent*`)) await spoil(path);
  await centre.say("remote1", { ...said, downtimes: [] });
  expect(await centre.receive()).toMatchObject({ commands: 1, failed: 0 });
  expect(centre.complaints.join()).toContain("What was sent and not seen yet is forgotten");
  await ground.pass();
  expect(core.downtimes).toEqual([]);
});

test("a site that has always more to say than a run has time for keeps no other waiting", async () => {
  const sites = { bad: { owns: ["web"] }, good: { owns: ["db"] } };
  await using ground = await openGround({ pace: 20 }, sites);
  const { core, centre } = ground;
  const hosts = [hostState("db")];
  await centre.say("good", { hosts, comments: [siteComment("db", null, { comment: "hello" })] });
  for (let run = 0; run < 2; run += 1) {
    const comments = Array.from({ length: 300 }, (_, index) =>
      siteComment("web", null, { id: index + 1, comment: `${run} ${index}` }),
    );
    await centre.say("bad", { hosts: [hostState("web")], comments });
    await centre.receive();
    await ground.pass();
  }
  expect(core.comments.filter(({ host }) => host === "db")).toHaveLength(1);
});

test("only what bears a site's mark, or acknowledges on its hosts, makes its commands be looked at again", async () => {
  const sites = { remote1: { owns: ["web"] }, remote2: { owns: ["db"] } };
  await using ground = await openGround({}, sites);
  const { core, centre } = ground;
  await centre.say("remote1", said);
  await centre.say("remote2", { hosts: [hostState("db")] });
  for (let run = 0; run < 3; run += 1) {
    await centre.receive();
    await ground.pass();
  }
  const planned = async (): Promise<readonly string[]> => {
    const looked: string[] = [];
    await ground.pass();
    await centre.receive({
      ...nodeFiles,
      async read(path, ...rest) {
        looked.push(path);
        return await nodeFiles.read(path, ...rest);
      },
    });
    return Object.keys(sites).filter((site) =>
      looked.some((path) => path.endsWith(`${site}.sent`)),
    );
  };
  const told = { id: 900, host: "web", service: null, text: "x" };
  core.comments.push({ ...told, author: "operator", type: 1 });
  core.downtimes.push({ ...told, author: "operator" });
  expect(await planned()).toEqual([]);
  core.comments.push({ ...told, id: 901, author: "anna (siteferry remote2)", type: 1 });
  expect(await planned()).toEqual(["remote2"]);
  await planned();
  core.comments.push({ ...told, id: 902, author: "operator", type: 4 });
  expect(await planned()).toEqual(["remote1"]);
  core.acknowledged.add("db");
  expect(await planned()).toEqual(["remote2"]);
});
