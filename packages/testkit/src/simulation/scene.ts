// The scene of a run: the sites with their machines and links, the centre with its core, the true
// time, and what can be done with them. The witness looks after each act.

import { limits, type RefusalCode, type SiteId } from "@siteferry/model";
import { BundleCache } from "@siteferry/receiver";
import { type Dice, seededDice } from "../fake-site/dice.ts";
import {
  type Keys,
  prefixOf,
  receiverSpool,
  runReceiver,
  runSender,
  signerList,
  siteIds,
} from "./agents.ts";
import { Core, objectsPath, resultsPath } from "./core.ts";
import type { MemoryDisk } from "./disk.ts";
import type { Fate } from "./life.ts";
import { Link } from "./link.ts";
import { type Ending, Machine } from "./machine.ts";
import { MirrorReader } from "./mirror.ts";
import { objectKey } from "./object-key.ts";
import { noSiteTroubles, type SiteTroubles } from "./site-client.ts";
import { type CheckedObject, Site } from "./site.ts";
import { Witness } from "./witness.ts";

const startMs = 1_795_000_000_000;

/** Files below these directories while things go wrong, with what a few deaths leave. */
const boundsAlways = [
  ["/spool/sender", 30],
  [`${receiverSpool}/sites`, 3 * 14],
  [`${receiverSpool}/state`, 50],
  [`${receiverSpool}/quarantine`, 4 * 2 * limits.quarantineFilesMax + 8],
] as const;

/** And when all is well again: only a delta may still wait for a keyframe that was lost. */
const boundsAtLast = [
  ["/spool/sender/tmp", 0],
  ["/spool/sender/outbox", 0],
  [`${receiverSpool}/tmp`, 0],
  [`${receiverSpool}/inbox`, 3],
  [`${receiverSpool}/sites`, 3 * 7],
  // Markers that a power cut left without their file: nobody may say whose they are.
  ["/core/checkresults", 8],
] as const;

/** A site with its machine and link. */
export interface Remote {
  readonly site: Site;
  readonly machine: Machine;
  readonly link: Link;
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
  forged = 0;
  centreStepped = false;
  readonly #mirror: MirrorReader;
  readonly #isDaemon: boolean;
  #cache = new BundleCache();

  constructor(seed: number, keys: Keys) {
    const dice = seededDice(seed);
    const next = (): Dice => seededDice(Math.floor(dice.between(0, 2 ** 31)));
    this.dice = dice;
    this.keys = keys;
    this.#mirror = new MirrorReader(signerList(keys, null));
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
    this.#isDaemon = dice.falls(0.5);
    // Mostly one: a site more costs as much time again.
    const count = 1 + Math.floor(dice.fraction() ** 2 * siteIds.length);
    this.remotes = siteIds.slice(0, count).map((id) => ({
      site: new Site(id, startMs / 1000, next()),
      machine: new Machine(id, next(), trueMs, () => {}),
      link: new Link(id, dice.falls(0.5), next(), trueMs, this.witness),
      troubles: noSiteTroubles,
      snapshot: null,
    }));
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
    const run = { machine, site, link, signer, troubles };
    await this.#end(machine, "send", await runSender(run, fate));
  }

  async receive(fate: Fate): Promise<void> {
    const signers = signerList(this.keys, this.keyLost);
    const beganMs = this.centre.nowMs();
    const links = this.remotes.map(({ link }) => link);
    const run = { machine: this.centre, links, signers, cache: this.#cache };
    const ending = await runReceiver(run, fate, (failed) => {
      if (failed === 0 && this.keyLost === null) this.witness.looked(beganMs);
    });
    // Some centres run the daemon, others begin anew each time.
    if (ending.kind !== "done" || !this.#isDaemon) this.#cache = new BundleCache();
    const hadPower = await this.#end(this.centre, "receive", ending);
    // What a killed receiver left isn't durable yet; a power cut may still show what was before.
    if (ending.kind !== "killed" || !hadPower) await this.look();
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
  }

  /** The mirror of every site against what the site was. */
  async look(): Promise<void> {
    const files = this.centre.calmFiles();
    for (const { site } of this.remotes) {
      try {
        const mirror = await this.#mirror.read(files, receiverSpool, site.id);
        if (mirror !== null) this.witness.mirrored(site, mirror);
      } catch (error) {
        this.witness.wrong.push(`The mirror of ${site.id} can't be read: ${String(error)}`);
      }
    }
    this.witness.checkTaken();
    this.checkRoom(boundsAlways);
    const allowed = this.forged + this.remotes.reduce((sum, { link }) => sum + link.damaged, 0);
    if (this.witness.refusals > 3 * allowed) {
      this.witness.wrong.push("An honest bundle was refused as damaged or forged");
    }
  }

  /** Nothing grows without an end. */
  checkRoom(bounds: readonly (readonly [path: string, filesMax: number])[]): void {
    const machines = [this.centre, ...this.remotes.map(({ machine }) => machine)];
    for (const { name, disk } of machines) {
      for (const [path, filesMax] of bounds) {
        const count = disk.count(path);
        if (count <= filesMax) continue;
        this.witness.wrong.push(`${path} of ${name} holds ${count} files, more than ${filesMax}`);
      }
    }
  }

  /** What the core shows, and what it has loaded, against the sites as they are. */
  compare(): void {
    this.checkRoom(boundsAtLast);
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
      for (const result of await this.core.returned()) this.witness.forget(result);
    }
    return false;
  }

  #hear(fields: object, text: string): void {
    this.say("centre", `  ${text}`);
    const code = "code" in fields ? fields.code : null;
    if (code === "sequence-replayed" && "file" in fields) this.witness.late(String(fields.file));
    if ("number" in fields && "code" in fields) this.witness.refused(fields.code as RefusalCode);
  }

  #diverged(what: string): void {
    this.witness.wrong.push(`Long after the last fault: ${what.replace("\t", "/")}`);
  }
}
