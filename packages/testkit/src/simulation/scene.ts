// The scene of a run: the sites with their machines and links, the centre with its core, the true
// time, and what can be done with them. The witness looks after each act.

import { parseBundleName, type SiteId } from "@siteferry/model";
import { BundleCache, forget, type ReceiverSettings } from "@siteferry/receiver";
import { type Dice, seededDice } from "../fake-site/dice.ts";
import { prefixOf, receiverSettings, runReceiver, runSender, siteIds } from "./agents.ts";
import { Core, objectsPath, resultsPath } from "./core.ts";
import type { MemoryDisk } from "./disk.ts";
import { type Keys, signerList } from "./keys.ts";
import type { Fate } from "./life.ts";
import { Link } from "./link.ts";
import { type Ending, Machine } from "./machine.ts";
import { MirrorReader, peekRecord } from "./mirror.ts";
import { objectKey } from "./object-key.ts";
import { QuarantineWatch } from "./quarantine-watch.ts";
import { overfull, roomAlways, roomAtLast } from "./room.ts";
import { noSiteTroubles, type SiteTroubles } from "./site-client.ts";
import { type CheckedObject, Site } from "./site.ts";
import { Witness } from "./witness.ts";

const startMs = 1_795_000_000_000;
const encryptedShare = 0.12;

/** A site with its machine and link. */
export interface Remote {
  readonly site: Site;
  readonly machine: Machine;
  readonly link: Link;
  readonly encrypts: boolean;
  troubles: SiteTroubles;
  snapshot: MemoryDisk | null;
}

export class Scene {
  readonly trace: string[] = [];
  readonly dice: Dice;
  readonly keys: Keys;
  readonly centre: Machine;
  readonly core: Core;
  readonly remotes: readonly Remote[];
  readonly witness: Witness;
  trueMs: number = startMs;
  /** The latest that any clock ever showed. */
  latestMs: number = startMs;
  /** A site whose line is missing in allowed_signers. */
  keyLost: SiteId | null = null;
  centreStepped = false;
  /** When the faults stopped, by all clocks. */
  calmMs: number = Number.POSITIVE_INFINITY;
  /** Sites of which the centre refuses what was sealed since then, because their epoch is an old one. */
  readonly lockedOut: Set<SiteId> = new Set();
  /** Sites whose order an operator let the centre forget. */
  readonly forgotten: Set<SiteId> = new Set();
  readonly #mirror: MirrorReader;
  readonly #quarantine: QuarantineWatch;
  readonly #settings: ReceiverSettings;
  readonly #isDaemon: boolean;
  /** The last run of the receiver was killed, or failed at calls. */
  #isBroken = false;
  #cache = new BundleCache();

  constructor(seed: number, keys: Keys) {
    const dice = seededDice(seed);
    const next = (): Dice => seededDice(Math.floor(dice.between(0, 2 ** 31)));
    this.dice = dice;
    this.keys = keys;
    const trueMs = (): number => this.trueMs;
    this.centre = new Machine("centre", next(), trueMs, (fields, text) => this.#hear(fields, text));
    this.core = new Core(
      () => this.centre.calmFiles(),
      next(),
      () => this.centre.nowMs(),
    );
    this.witness = new Witness(
      () => this.centre.disk,
      (host) => this.ownerOf(host),
    );
    this.#mirror = new MirrorReader(keys, this.witness);
    this.#quarantine = new QuarantineWatch(this.centre, this.witness);
    this.#isDaemon = dice.falls(0.5);
    // Mostly one: a site more costs as much time again.
    const count = 1 + Math.floor(dice.fraction() ** 2 * siteIds.length);
    // Few, because it costs time.
    const secret = seededDice(~seed);
    this.remotes = siteIds.slice(0, count).map((id) => ({
      site: new Site(id, startMs / 1000, next()),
      machine: new Machine(id, next(), trueMs, () => {}),
      link: new Link(id, dice.falls(0.5), next(), trueMs, this.witness),
      encrypts: secret.falls(encryptedShare),
      troubles: noSiteTroubles,
      snapshot: null,
    }));
    const encrypting = this.remotes.filter(({ encrypts }) => encrypts);
    this.#settings = receiverSettings(new Set(encrypting.map(({ site }) => site.id)));
  }

  async prepare(): Promise<void> {
    const files = this.centre.calmFiles();
    for (const path of [resultsPath, objectsPath]) await files.makeDirectory(path, 0o755);
  }

  pass(ms: number): void {
    this.trueMs += ms;
    for (const machine of [this.centre, ...this.remotes.map((remote) => remote.machine)]) {
      this.latestMs = Math.max(this.latestMs, machine.nowMs());
      machine.disk.writeBack();
    }
  }

  runChecks({ site, machine }: Remote, share: number): void {
    site.check(Math.floor(machine.nowMs() / 1000), share);
  }

  async send(remote: Remote, fate: Fate): Promise<void> {
    const { site, machine, link, troubles } = remote;
    const signer = this.keys.signers.get(site.id)!;
    const encryptTo = remote.encrypts ? [this.keys.recipient] : [];
    const run = { machine, site, link, signer, troubles, encryptTo };
    await this.#end(machine, "send", await runSender(run, fate));
  }

  async receive(fate: Fate): Promise<void> {
    if (this.#isBroken) this.#quarantine.afterBrokenRun();
    const signers = signerList(this.keys, this.keyLost);
    const beganMs = this.centre.nowMs();
    const links = this.remotes.map(({ link }) => link);
    const { identities } = this.keys;
    const settings = this.#settings;
    const run = { machine: this.centre, settings, links, signers, identities, cache: this.#cache };
    const ending = await runReceiver(run, fate, (failed) => {
      if (failed === 0 && this.keyLost === null) this.witness.looked(beganMs);
    });
    this.#judgeRefusals();
    this.#isBroken = ending.kind === "killed" || fate.failing > 0;
    const cache = this.#cache;
    // Some centres run the daemon, others begin anew each time.
    if (ending.kind !== "done" || !this.#isDaemon) this.#cache = new BundleCache();
    const hadPower = await this.#end(this.centre, "receive", ending);
    // What a killed receiver left isn't durable yet; a power cut may still show what was before.
    if (ending.kind !== "killed" || !hadPower) await this.look(cache);
  }

  async coreReads(dies: boolean): Promise<void> {
    const read = await this.core.readResults(dies, (result) => {
      this.witness.given(result);
      // It reads the file again, or gets another one in its place if it lies dead for too long.
      if (dies) this.witness.forget(result);
    });
    this.say("core", `${dies ? "dies in" : "reads"} ${read.join(" ")}`);
  }

  async coreReloads(): Promise<void> {
    await this.core.reload();
    this.witness.loaded(this.core.known);
  }

  /** An operator's way out, once for a site, when its epoch began with clocks ahead and was lost. */
  async forgetOrder(): Promise<boolean> {
    const sites = this.lockedOut.difference(this.forgotten);
    for (const site of sites) {
      await forget(this.centre.calmFiles(), this.#settings, site);
      this.forgotten.add(site);
      this.witness.forgot(site);
      this.say("centre", `the operator lets it forget the order of ${site}`);
    }
    return sites.size > 0;
  }

  /** The mirror of every site against what the site was. */
  async look(cache: BundleCache): Promise<void> {
    const files = this.centre.calmFiles();
    for (const { site } of this.remotes) {
      try {
        const mirror = await this.#mirror.read(files, site.id, cache);
        if (mirror !== null) this.witness.mirrored(site, mirror);
      } catch (error) {
        this.witness.wrong.push(`The mirror of ${site.id} can't be read: ${String(error)}`);
      }
    }
    this.witness.checkTaken();
    this.#checkRoom(roomAlways);
  }

  /** What the core shows, and what it has loaded, against the sites as they are. */
  compare(): void {
    this.#checkRoom(roomAtLast);
    const known = new Set<string>();
    for (const { site } of this.remotes) {
      for (const object of site.objects.values()) {
        const name = objectKey(prefixOf(site.id) + object.host, object.service);
        known.add(name);
        if (!this.core.known.has(name)) this.#diverged(`${name} isn't configured at the centre`);
        else if (object.checked && !this.#isOvertaken(site, object)) {
          this.#compareState(name, object);
        }
      }
    }
    for (const name of this.core.known) {
      if (!known.has(name)) this.#diverged(`${name} is still configured at the centre`);
    }
  }

  /** A check from before a clock went back is newer than this one. */
  #isOvertaken({ latest }: Site, { host, service, lastCheck }: CheckedObject): boolean {
    return (latest.get(objectKey(host, service)) ?? 0) > lastCheck;
  }

  #compareState(name: string, { state, lastCheck }: CheckedObject): void {
    const shown = this.core.view.get(name);
    if (shown?.state === state && shown.time === lastCheck) return;
    const seen = shown === undefined ? "nothing" : `${shown.state} at ${shown.time}`;
    this.#diverged(`${name} is ${state} at ${lastCheck}, shown: ${seen}`);
  }

  ownerOf(host: string): { readonly site: Site; readonly host: string } | null {
    for (const { site } of this.remotes.toReversed()) {
      const prefix = prefixOf(site.id);
      if (host.startsWith(prefix)) return { site, host: host.slice(prefix.length) };
    }
    return null;
  }

  say(who: string, text: string): void {
    const minutes = Math.round((this.trueMs - startMs) / 60_000);
    this.trace.push(`${String(minutes).padStart(6)} min  ${who.padEnd(7)} ${text}`);
    if (this.trace.length > 200) this.trace.shift();
  }

  /** Whether the power stayed. */
  async #end(machine: Machine, act: string, { kind, text, defect }: Ending): Promise<boolean> {
    this.say(machine.name, `${act} ${kind}: ${text}`);
    if (defect) this.witness.wrong.push(`${act} ended with an exception of its own: ${text}`);
    if (kind !== "killed" || !this.dice.falls(0.5)) return true;
    machine.powerCut();
    this.say(machine.name, "the power went, too");
    if (machine === this.centre) {
      this.#quarantine.afterPowerCut();
      for (const result of await this.core.returned()) this.witness.returned(result);
    }
    return false;
  }

  #hear(fields: object, text: string): void {
    this.say("centre", `  ${text}`);
    this.#judgeRefusals();
    const isLate = "code" in fields && fields.code === "sequence-replayed" && "file" in fields;
    if (!isLate) return;
    const name = String(fields.file);
    const site = parseBundleName(name)?.site;
    const record = site === undefined ? null : peekRecord(this.centre.disk, site);
    this.witness.late(name, record?.mark ?? null);
  }

  #judgeRefusals(): void {
    for (const { code, header } of this.#quarantine.look(this.keyLost)) {
      if (code === "epoch-future" || code === "created-in-future")
        this.witness.fromTheFuture(header);
      const isNew = header.createdMs >= this.calmMs;
      if (isNew && code === "epoch-old") this.lockedOut.add(header.site);
    }
  }

  /** Nothing grows without an end. */
  #checkRoom(rooms: typeof roomAlways): void {
    for (const { name, disk } of [this.centre, ...this.remotes.map(({ machine }) => machine)]) {
      for (const what of overfull(disk, rooms)) this.witness.wrong.push(`On ${name}: ${what}`);
    }
  }

  #diverged(what: string): void {
    this.witness.wrong.push(`Long after the last fault: ${what.replace("\t", "/")}`);
  }
}
