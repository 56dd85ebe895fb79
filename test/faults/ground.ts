// A site, a sender, a receiver and a core's check-result directory, that can be put back to where
// they were, and what has to be true of them whatever happened in between.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { appendFile, cp, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { readSettings } from "@siteferry/agent";
import { parseAllowedSigners, unpack, verify } from "@siteferry/bundle";
import type { Log, SiteId } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import type { FakeSite } from "@siteferry/testkit";
import { receiveOnce, receiverSchema } from "@siteferry/receiver";
import type { Run } from "../command-line.ts";
import { install, type Installation } from "../installation.ts";
import { CoreModel, type Delivery } from "./core-model.ts";
import { type ServedSite, truthOf } from "./served-site.ts";

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
/** What runs change; the rest of an installation is keys and settings. */
const changing = ["spool", "link", "checkresults", "objects"] as const;

export type Verb = "send" | "receive";

export class Ground implements AsyncDisposable {
  readonly path: string;
  core: CoreModel;
  readonly #site: FakeSite;
  readonly #installation: Installation;
  readonly #saved: Map<Verb, ReadonlyMap<string, readonly Delivery[]>> = new Map();
  /** Every bundle that was ever seen, by name; its content's hash. */
  readonly #numbers: Map<string, string> = new Map();

  private constructor(installation: Installation, site: FakeSite) {
    this.path = installation.path;
    this.#installation = installation;
    this.#site = site;
    this.core = new CoreModel(`${this.path}/checkresults`);
  }

  static async open({ site, address }: ServedSite): Promise<Ground> {
    return new Ground(await install({ livestatus: address }), site);
  }

  /** From now on each send is a whole one, with the configuration. */
  async sendAlwaysWhole(): Promise<void> {
    await appendFile(this.#installation.senderYaml, "keyframe: 1ms\n");
  }

  parameters(verb: Verb): readonly string[] {
    const { senderYaml, receiverYaml } = this.#installation;
    return [verb, "--once", "--config", verb === "send" ? senderYaml : receiverYaml];
  }

  run(verb: Verb): Promise<Run> {
    return verb === "send" ? this.#installation.send() : this.#installation.receive();
  }

  async succeed(verb: Verb): Promise<void> {
    const { status, stderr } = await this.run(verb);
    assert.equal(status, 0, stderr);
  }

  /** A receiver without a process of its own: for what isn't the point of a test. */
  async receiveQuietly(): Promise<void> {
    const settings = await readSettings(nodeFiles, this.#installation.receiverYaml, receiverSchema);
    const { failed, refused } = await receiveOnce(settings, silent);
    assert.deepEqual({ failed, refused }, { failed: 0, refused: 0 });
  }

  /** Remembers where everything stands, as the place where this verb begins. */
  async save(name: Verb): Promise<void> {
    for (const part of changing) {
      await mkdir(`${this.path}/${part}`, { recursive: true });
      await cp(`${this.path}/${part}`, `${this.path}/saved-${name}/${part}`, {
        recursive: true,
        verbatimSymlinks: true,
        preserveTimestamps: true,
      });
    }
    this.#saved.set(name, new Map(this.core.deliveries));
  }

  async restore(name: Verb): Promise<void> {
    for (const part of changing) {
      await emptyDirectory(`${this.path}/${part}`);
      await cp(`${this.path}/saved-${name}/${part}`, `${this.path}/${part}`, {
        recursive: true,
        verbatimSymlinks: true,
        preserveTimestamps: true,
      });
    }
    this.core = new CoreModel(`${this.path}/checkresults`);
    for (const [key, deliveries] of this.#saved.get(name)!) {
      this.core.deliveries.set(key, [...deliveries]);
    }
    this.#numbers.clear();
  }

  /** What others may see at any moment: whole bundles, and no number with two contents. */
  async checkVisible(): Promise<void> {
    const list = await readFile(`${this.path}/allowed_signers`, "utf8");
    const signers = parseAllowedSigners(list, "allowed_signers");
    const trust = { centre: "central" as SiteId, signers, nowMs: Date.now() };
    for (const directory of ["link", "spool/sender/outbox"]) {
      for (const name of await filesBelow(`${this.path}/${directory}`)) {
        if (name.startsWith(".")) continue;
        const bytes = await readFile(`${this.path}/${directory}/${name}`);
        await unpack(await verify(bytes, trust));
        const hash = createHash("sha256").update(bytes).digest("hex");
        assert.equal(this.#numbers.get(name) ?? hash, hash, `${name} has two contents`);
        this.#numbers.set(name, hash);
      }
    }
  }

  /** Lets everything that waits go its way, and checks that the centre is as the site is. */
  async checkConverged(): Promise<void> {
    await this.checkVisible();
    await this.receiveQuietly();
    await this.core.read();
    await this.receiveQuietly();
    await this.core.read();
    this.checkDelivered();
    assert.deepEqual(await this.leftovers(), []);
  }

  /** Each result once, the newest last, and it is what the site says. */
  checkDelivered(): void {
    const found = [...this.core.deliveries].map(([key, all]) => [key, all.at(-1)] as const);
    assert.deepEqual(new Map(found), truthOf(this.#site));
    for (const [key, all] of this.core.deliveries) {
      const times = all.map(({ time }) => time);
      assert.deepEqual(
        times,
        [...new Set(times)].toSorted((a, b) => a - b),
        key,
      );
    }
  }

  /** Files that should be nowhere once everything has gone its way. */
  async leftovers(): Promise<readonly string[]> {
    const found = await filesBelow(this.path);
    return found.filter(
      (name) =>
        /\.tmp$|^spool\/receiver\/(inbox|quarantine|tmp)\/|^(link|checkresults)\//.test(name) ||
        /^spool\/sender\/(outbox|tmp)\//.test(name),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#installation[Symbol.asyncDispose]();
  }
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(directory.length + 1))
    .toSorted();
}

/** Empties it rather than making it anew: a file system may be mounted there. */
async function emptyDirectory(path: string): Promise<void> {
  for (const name of await readdir(path)) {
    await rm(`${path}/${name}`, { recursive: true, force: true });
  }
}
