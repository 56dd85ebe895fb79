// For tests: a core in memory, as far as an activation can see it. It checks and loads what lies on a
// disk in memory; hosts whose names say so make its check fail or hang, or only its
// start fail.

import { type Clock, FerryError, type FileSystem } from "@siteferry/model";
import {
  Life,
  longLife,
  type MemoryDisk,
  memoryFiles,
  seededDice,
} from "@siteferry/testkit/simulation";
import type { CommandResult, CoreControl } from "./core-control.ts";

export class TestCore implements CoreControl, Clock {
  alive = true;
  /** It runs and doesn't answer, as while it reads its objects. */
  deaf = false;
  nowMs: number;
  checks = 0;
  /** The command of the check isn't there. */
  missing = false;
  reloads = 0;
  /** Hosts of the core's own, in its own file. */
  ownHosts: readonly string[] = ["central"];
  /** What it works with. */
  loaded: ReadonlySet<string> = new Set();
  /** Told to load its objects anew, it does so after so long. */
  slowMs = 0;
  #dueMs: number | null = null;
  readonly #path: string;
  readonly #disk: MemoryDisk;

  constructor(disk: MemoryDisk, path: string, nowMs: number) {
    this.#disk = disk;
    this.#path = path;
    this.nowMs = nowMs;
  }

  get files(): FileSystem {
    return memoryFiles(this.#disk, this, new Life(longLife, seededDice(1)));
  }

  now(): number {
    return this.nowMs;
  }

  /** The directory, nagios.cfg and what a core that runs has. */
  async install(): Promise<void> {
    const { files } = this;
    await files.makeDirectory(`${this.#path}/core/objects`, 0o755);
    const lines = [
      "cfg_dir=objects",
      "object_cache_file=cache",
      "command_file=cmd",
      "query_socket=qh",
    ];
    await files.writeNew(`${this.#path}/core/nagios.cfg`, Buffer.from(lines.join("\n")), 0o644);
    await this.start();
  }

  /** As at a start: with a configuration that it can't load it ends. */
  async start(): Promise<void> {
    this.#dueMs = null;
    // No two starts in one moment.
    this.nowMs += 1;
    const live = await this.files.readLink(`${this.#path}/core/objects/live`);
    const hosts = live === null ? [] : await this.#hostsIn(`${this.#path}/core/objects/${live}`);
    const all = [...this.ownHosts, ...hosts];
    this.alive = faultIn(all) === null && !all.some((host) => host.startsWith("deadly"));
    if (!this.alive) return;
    this.loaded = new Set(all.filter((host) => !host.startsWith("ignored")));
    const cache = [...this.loaded].map((host) => `define host {\n\thost_name\t${host}\n\t}\n`);
    if (hosts.length > 0) cache.push("define command {\n\tcommand_name\tsiteferry-stale\n\t}\n");
    await this.files.unlink(`${this.#path}/core/cache`);
    await this.files.writeNew(`${this.#path}/core/cache`, Buffer.from(cache.join("\n")), 0o644);
  }

  async run(command: readonly string[], timeoutMs: number): Promise<CommandResult> {
    this.checks += 1;
    if (this.missing) throw new FerryError("command-failed", "nagios4 can't be started");
    const main = await this.#text(command.at(-1)!);
    const directory = /^cfg_dir=(.*)$/m.exec(main)?.[1] ?? "";
    const generation = (await this.files.readLink(directory)) ?? directory;
    const hosts = await this.#hostsIn(generation);
    if (hosts.some((host) => host.startsWith("slow"))) {
      this.nowMs += timeoutMs;
      return { status: null, output: "" };
    }
    const fault = faultIn([...this.ownHosts, ...hosts]);
    return fault === null ? { status: 0, output: "" } : { status: 1, output: `Error: ${fault}\n` };
  }

  async answers(): Promise<boolean> {
    return this.alive && !this.deaf;
  }

  async command(): Promise<boolean> {
    if (!this.alive) return false;
    this.reloads += 1;
    this.#dueMs = this.nowMs + this.slowMs;
    if (this.slowMs === 0) await this.start();
    return true;
  }

  async wait(milliseconds: number): Promise<void> {
    this.nowMs += milliseconds;
    if (this.#dueMs !== null && this.nowMs >= this.#dueMs) await this.start();
  }

  async #hostsIn(directory: string): Promise<string[]> {
    const names = (await this.files.list(directory)).filter((name) => name.endsWith(".cfg"));
    const texts = await Promise.all(names.map((name) => this.#text(`${directory}/${name}`)));
    // Objects without the templates that they use aren't loaded by any core.
    if (!names.includes("siteferry-templates.cfg")) return ["invalid: no templates"];
    return texts.flatMap((text) =>
      [...text.matchAll(/^  host_name +(.*)$/gm)].map(([, host]) => host!),
    );
  }

  async #text(path: string): Promise<string> {
    return Buffer.from(await this.files.read(path, 1e9, { trusted: true })).toString();
  }
}

function faultIn(hosts: readonly string[]): string | null {
  const [invalid] = hosts.filter((host) => host.startsWith("invalid"));
  if (invalid !== undefined) return `'${invalid}' is no host`;
  const twice = hosts.find((host, index) => hosts.indexOf(host) !== index);
  return twice === undefined ? null : `'${twice}' is defined twice`;
}
