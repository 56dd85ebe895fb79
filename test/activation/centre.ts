// A real Nagios 4 at the centre, and a receiver that brings it objects of sites and sees it live with
// them; what each site says a test seals itself.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { type Nagios, startNagios, verifyWithNagios } from "@siteferry/testkit/cores";
import { type Run, siteferry } from "../command-line.ts";
import { HostileSite, type Rows } from "../hostile-rows.ts";
import { install, type Installation } from "../installation.ts";

export interface CentreOptions {
  /** Of each site, as in receiver.yaml, in YAML's flow style. */
  readonly sites: Readonly<Record<string, string>>;
  /** Further keys of `activate`, and of the file. */
  readonly activate?: string;
  readonly more?: string;
}

export class Centre implements AsyncDisposable {
  readonly nagios: Nagios;
  readonly installation: Installation;
  readonly #sites: Readonly<Record<string, HostileSite>>;
  readonly #objects: string;
  readonly #dispose: () => Promise<void>;

  private constructor(
    nagios: Nagios,
    installation: Installation,
    sites: Readonly<Record<string, HostileSite>>,
    objects: string,
    dispose: () => Promise<void>,
  ) {
    this.nagios = nagios;
    this.installation = installation;
    this.#sites = sites;
    this.#objects = objects;
    this.#dispose = dispose;
  }

  static async open(options: CentreOptions): Promise<Centre> {
    const objects = await makeTemporaryDirectory("objects");
    const nagios = await startNagios({ objectDirectories: [objects.path] });
    const installation = await install({
      livestatus: "unix:/nonexistent",
      checkResults: nagios.checkResultsDirectory,
    });
    const sites: Record<string, HostileSite> = {};
    for (const site of Object.keys(options.sites)) sites[site] = await HostileSite.make(site);
    const lines = Object.values(sites).map(({ signersLine }) => signersLine);
    await writeFile(`${installation.path}/allowed_signers`, lines.join(""));
    const centre = new Centre(nagios, installation, sites, objects.path, async () => {
      await nagios.stop();
      await installation[Symbol.asyncDispose]();
      await objects.remove();
    });
    await centre.configure(options);
    return centre;
  }

  async configure({
    sites,
    activate = "reloadEvery: 1ms",
    more = "",
  }: CentreOptions): Promise<void> {
    const { path, link, receiverYaml } = this.installation;
    const { configurationFile, checkResultsDirectory, objectCacheFile } = this.nagios;
    await writeFile(
      receiverYaml,
      `centre: central
allowedSigners: ${path}/allowed_signers
spool: ${path}/spool
sites:
${Object.entries(sites)
  .map(([site, settings]) => `  ${site}: ${settings}`)
  .join("\n")}
transports:
  - drop: { dir: ${link} }
targets:
  - objects:
      dir: ${this.#objects}
      core: nagios
      activate: { config: ${configurationFile}, ${activate} }
  - checkresults: { dir: ${checkResultsDirectory}, core: nagios, objectCache: ${objectCacheFile} }
${more}
`,
    );
  }

  get parameters(): readonly string[] {
    return ["receive", "--once", "--config", this.installation.receiverYaml];
  }

  /**
   * The site says that it monitors these hosts, each up since now, with one service; or with the tables
   * of configuration and states that `more` has.
   */
  async say(site: string, hosts: readonly string[], more: Rows = {}): Promise<void> {
    const last_check = Math.floor(Date.now() / 1000) - 1;
    const service = { description: "ping", last_check, state: 1, plugin_output: `of ${site}` };
    const configuration = {
      hosts: hosts.map((name) => ({ name, alias: `${name} of ${site}`, address: "192.0.2.1" })),
      services: hosts.map((host_name) => ({ host_name, description: "ping" })),
      ...more,
    };
    const states = {
      host_states: hosts.map((name) => ({ name, last_check, plugin_output: "up" })),
      service_states: hosts.map((host_name) => ({ ...service, host_name })),
      ...more,
    };
    const sealed = this.#sites[site]!;
    for (const { name, content } of [
      await sealed.configuration(configuration),
      await sealed.states(states),
    ]) {
      await writeFile(`${this.installation.link}/${name}`, content);
    }
  }

  receive(): Promise<Run> {
    return this.installation.receive();
  }

  /** `status` or `check`. */
  ask(verb: string, ...words: readonly string[]): Promise<Run> {
    return siteferry([verb, "--config", this.installation.receiverYaml, ...words]);
  }

  config(...words: readonly string[]): Promise<Run> {
    const [verb = "", ...rest] = words;
    return siteferry(["config", verb, "--config", this.installation.receiverYaml, ...rest]);
  }

  /** The hosts that the core shows now, but for its own. */
  async hosts(): Promise<string[]> {
    const { hosts } = await this.nagios.status();
    return [...hosts.keys()].filter((name) => name !== "testkit-centre").sort();
  }

  /** The core runs, and would start again. */
  async checkAlive(): Promise<void> {
    process.kill(this.nagios.pid, 0);
    const { accepted, output } = await verifyWithNagios({ objectDirectories: [this.#objects] });
    assert.ok(accepted, output);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispose();
  }
}

/** As in receiver.yaml. */
export function approvedSite(prefix: string, more = ""): string {
  return `{ prefix: "${prefix}", contacts: [testkit-nobody], objects: { autoApprove: true } ${more} }`;
}
