import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { generateKey, loadSigner, readBase } from "@siteferry/bundle";
import { dropSender } from "@siteferry/carry";
import { connect, parseAddress, serve } from "@siteferry/livestatus";
import { FerryError, type FileSystem, parseSiteId, type Progress } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { type FakeSite, makeFakeSite, makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { send } from "./send.ts";
import { type SenderSettings, senderSchema } from "./settings.ts";
import { shipOnce } from "./ship.ts";

interface Remote extends AsyncDisposable {
  readonly site: FakeSite;
  /** The lines of the core's log. */
  logged(): number;
  /** One run, `seconds` later; the kinds of what was sealed, and what was repeated. */
  run(seconds: number, files?: FileSystem): Promise<Ran>;
  /** From the next run on, with the spool as it is. */
  rename(to: Partial<Pick<SenderSettings, "site" | "centre">>): void;
  /** Names in the outbox. */
  outbox(): Promise<readonly string[]>;
  readonly warned: readonly string[];
}

interface Ran {
  readonly kinds: string;
  readonly repeated: number;
  readonly arrived: readonly string[];
  /** Rows by member, of what arrived. */
  readonly rows: ReadonlyMap<string, number>;
  readonly eventsUnread: number;
}

interface RemoteOptions {
  readonly events?: boolean;
  /** The connection breaks off when the log is asked for. */
  readonly logBreaks?: boolean;
  readonly progress?: Progress;
}

async function makeRemote({ events, logBreaks, progress }: RemoteOptions = {}): Promise<Remote> {
  const { path, remove } = await makeTemporaryDirectory("send");
  await mkdir(`${path}/out`);
  let nowMs = 1_795_000_000_000;
  const clock = { now: () => nowMs };
  const site = makeFakeSite({ hosts: 10, servicesPerHost: 10, seed: 1, clock });
  const address = parseAddress(`unix:${path}/live`);
  const server = await serve(address, site.source, { flavour: "naemon" });
  let settings: SenderSettings = senderSchema.parse({
    site: "remote1",
    centre: "central",
    livestatus: `unix:${path}/live`,
    key: "/unused",
    transports: [{ drop: { dir: `${path}/out` } }],
    events,
  });
  const { privateKey } = await generateKey("remote1");
  const signer = await loadSigner(privateKey, "key");
  const quiet = (): void => {};
  const warned: string[] = [];
  const warn = (_fields: object, message: string): void => void warned.push(message);
  const log = { debug: quiet, info: quiet, warn, error: quiet };
  const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };
  const connected = async (): ReturnType<typeof connect> => {
    const client = await connect(address);
    if (logBreaks !== true) return client;
    return {
      ...client,
      where: client.where,
      command: (line, time) => client.command(line, time),
      close: () => client.close(),
      async *rows(query, onBadRow) {
        if (query.table !== "log") return yield* client.rows(query, onBadRow);
        await client.close();
        throw new FerryError("livestatus-cut", "it broke off");
      },
    };
  };
  return {
    site,
    warned,
    outbox: async () => await readdir(`${path}/spool/outbox`),
    rename: (to) => void (settings = { ...settings, ...to }),
    logged: () => [...site.source.tables()["log"]!.rows()].length,
    async run(seconds, files = nodeFiles) {
      nowMs += seconds * 1000;
      const world = { clock, random, files, log, progress };
      const dir = `${path}/out`;
      const shipping = shipOnce([dropSender(world, { dir, site: settings.site })]);
      const spool = `${path}/spool`;
      const life = "this one";
      const sender = { world, settings, spool, signer, life, connect: connected, shipping };
      const { sealed, repeated, eventsUnread } = await send(sender);
      const arrived = (await readdir(dir)).map((name) => name.split(".")[1]!);
      const rows = new Map<string, number>();
      for (const name of await readdir(dir)) {
        const { members } = await readBase(await readFile(`${dir}/${name}`));
        for (const member of members) rows.set(member.name.split(".")[0]!, member.rows);
        await rm(`${dir}/${name}`);
      }
      const kinds = sealed.map(({ kind }) => kind).join(" ");
      return { kinds, repeated, arrived, rows, eventsUnread };
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await remove();
    },
  };
}

test("all of it first, then what changed; all again after an hour, with the configuration", async () => {
  await using remote = await makeRemote();
  expect((await remote.run(0)).kinds).toBe("config keyframe");
  remote.site.tick();
  expect((await remote.run(60)).kinds).toBe("delta");
  expect((await remote.run(60)).kinds).toBe("delta");
  expect((await remote.run(3600)).kinds).toBe("config keyframe");
});

test("on a link that can't tell of a loss the keyframe travels again, twice, spaced", async () => {
  await using remote = await makeRemote();
  await remote.run(0);
  const runs = [];
  for (let minutes = 10; minutes < 60; minutes += 10) runs.push(await remote.run(600));
  expect(runs.map(({ repeated }) => repeated)).toEqual([0, 2, 0, 2, 0]);
  const keyframes = runs.map(({ arrived }) => arrived.includes("keyframe"));
  expect(keyframes).toEqual([false, true, false, true, false]);
});

test("a keyframe that was published but not remembered is no base, and neither is the one before", async () => {
  await using remote = await makeRemote();
  await remote.run(0);
  const failing: FileSystem = {
    ...nodeFiles,
    async rename(from, to) {
      if (to.endsWith("/base")) throw Object.assign(new Error("full"), { code: "ENOSPC" });
      await nodeFiles.rename(from, to);
    },
  };
  await expect(remote.run(3600, failing)).rejects.toThrow("full");
  expect((await remote.run(60)).kinds).toContain("keyframe");
});

test("a spool under another name begins anew, and drops what waits under the old one", async () => {
  await using remote = await makeRemote();
  const broken: FileSystem = {
    ...nodeFiles,
    async writeNew(file, content, mode) {
      if (file.includes("/out/")) throw Object.assign(new Error("full"), { code: "ENOSPC" });
      await nodeFiles.writeNew(file, content, mode);
    },
  };
  expect((await remote.run(0, broken)).arrived).toEqual([]);
  expect((await remote.run(60, broken)).kinds).toBe("delta");
  expect(await remote.outbox()).toHaveLength(3);

  for (const to of [{ site: parseSiteId("remote2")! }, { centre: parseSiteId("other")! }]) {
    remote.rename(to);
    const renamed = await remote.run(60);
    expect(renamed.kinds).toBe("config keyframe");
    expect(renamed.arrived).toEqual(["config", "keyframe"]);
    expect(remote.warned.at(-1)).toMatch(
      /^Dropped what remote\d to central left, now it is remote2/,
    );
    expect((await remote.run(60)).kinds).toBe("delta");
    // Of the copies that travel again, too, only those under the new name.
    expect((await remote.run(1140)).arrived.toSorted()).toEqual(["config", "delta", "keyframe"]);
  }
});

test("events travel with each delta until a keyframe has them, which goes hours back", async () => {
  await using remote = await makeRemote();
  expect((await remote.run(0)).rows.get("events")).toBe(0);
  const counts: (number | undefined)[] = [];
  for (let tick = 0; tick < 3; tick++) {
    remote.site.tick();
    const { kinds, rows } = await remote.run(60);
    expect(kinds).toBe("delta");
    counts.push(rows.get("events"));
    expect(rows.get("events")).toBe(remote.logged());
  }
  expect(counts[2]).toBeGreaterThan(counts[0]!);
  const hour = await remote.run(3600);
  expect(hour.kinds).toContain("keyframe");
  expect(hour.rows.get("events")).toBe(remote.logged());
  const before = remote.logged();
  remote.site.tick();
  expect((await remote.run(60)).rows.get("events")).toBe(remote.logged() - before);
  // Four intervals later they are too old; the one that came since isn't.
  remote.site.tick();
  const later = await remote.run(5 * 3600);
  expect(later.rows.get("events")).toBe(remote.logged() - before);
});

test("comments and downtimes travel as they are now, and what is gone is said", async () => {
  await using remote = await makeRemote();
  for (let tick = 0; tick < 20; tick++) remote.site.tick();
  const first = await remote.run(0);
  expect(first.rows.get("comments")).toBeGreaterThan(0);
  const tables = remote.site.source.tables();
  expect(first.rows.get("downtimes")).toBe([...tables["downtimes"]!.rows()].length);
  expect(first.rows.get("downtimes")).toBeGreaterThan(0);
  let gone = 0;
  let changed = 0;
  for (let tick = 0; tick < 20; tick++) {
    remote.site.tick();
    const { rows } = await remote.run(60);
    gone += rows.get("comments_gone")!;
    changed += rows.get("comments")!;
    expect(rows.get("downtimes")).toBe(0);
  }
  expect(changed).toBeGreaterThan(0);
  expect(gone).toBeGreaterThan(0);
});

test("events: false leaves them at the site", async () => {
  await using remote = await makeRemote({ events: false });
  await remote.run(0);
  remote.site.tick();
  expect((await remote.run(60)).rows.get("events")).toBe(0);
  expect(remote.logged()).toBeGreaterThan(0);
});

test("a log that can't be read is counted, and all else travels", async () => {
  await using remote = await makeRemote({ logBreaks: true });
  const { kinds, rows, eventsUnread } = await remote.run(0);
  expect({ kinds, eventsUnread }).toEqual({ kinds: "config keyframe", eventsUnread: 1 });
  expect(rows.get("service_states")).toBe(100);
});

test("who waits is told what a run is at: each table with its rows, each bundle, the bytes on each link", async () => {
  const said: string[] = [];
  let added = 0;
  await using remote = await makeRemote({
    progress: {
      begin: (doing, total = 0, done = 0) => void said.push(`${doing} ${done}/${total}`),
      add: (count) => void (added += count),
    },
  });
  await remote.run(0);
  expect(said).toEqual(
    expect.arrayContaining([
      "Reading hosts 0/10",
      "Reading service states 0/100",
      "Reading the core's log 0/0",
      expect.stringMatching(/^Sealing remote1-\d+-\d+\.keyframe\.ferry 0\/0$/),
      expect.stringMatching(/^Sending remote1-\S+\.keyframe\.ferry through drop:\S+ (\d+)\/\1$/),
    ]),
  );
  // Hosts, services and the states of both, and the groups.
  expect(added).toBeGreaterThanOrEqual(220);
});
