// A centre whose core is a real Icinga 2, and sites that seal what a test says.

import { appendFile, mkdir, writeFile } from "node:fs/promises";
import type { ChildProcess } from "node:child_process";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { type Icinga2Centre, startIcinga2Centre } from "@siteferry/testkit/cores";
import { type Run, type RunOptions, siteferry, startSiteferry } from "../command-line.ts";
import { HostileSite, type Rows } from "../hostile-rows.ts";

export interface Centre extends AsyncDisposable {
  readonly core: Icinga2Centre;
  readonly path: string;
  /** Sets targets anew, with keys of the target icinga2 beside the usual ones, and further keys of the file. */
  configure(keys?: string, more?: string): Promise<void>;
  /** Puts a site's bundle into the link. */
  configuration(site: string, rows: Rows): Promise<void>;
  states(site: string, rows: Rows): Promise<void>;
  receive(options?: RunOptions): Promise<Run>;
  /** Starts a receive that a test may kill. */
  startReceive(): ChildProcess;
  /** Runs of `receive` until one leaves nothing waiting; the last one. */
  settle(): Promise<Run>;
  /** The objects of a type by name, with these attributes. */
  objects(
    type: "host" | "service" | "hostgroup" | "servicegroup",
    ...attributes: string[]
  ): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>>;
}

/** `sites` as in receiver.yaml; `objects`: what the core has by itself. */
export async function openCentre(
  sites: Readonly<Record<string, string>>,
  objects = "",
): Promise<Centre> {
  const core = await startIcinga2Centre(objects);
  const { path, remove } = await makeTemporaryDirectory("icinga2-centre");
  await mkdir(`${path}/link`);
  const signing = new Map<string, HostileSite>();
  for (const name of Object.keys(sites)) {
    const site = await HostileSite.make(name);
    await appendFile(`${path}/allowed_signers`, site.signersLine);
    signing.set(name, site);
  }
  const parameters = ["receive", "--once", "--config", `${path}/receiver.yaml`];
  const siteLines = Object.entries(sites).map(
    ([name, keys]) => `  ${name}: { objects: { autoApprove: true }, ${keys} }\n`,
  );
  const centre: Centre = {
    core,
    path,
    async configure(keys = "reloadEvery: 1ms", more = "") {
      await writeFile(
        `${path}/receiver.yaml`,
        `centre: central
allowedSigners: ${path}/allowed_signers
spool: ${path}/spool
sites:
${siteLines.join("")}transports:
  - drop: { dir: ${path}/link }
targets:
  - icinga2: { url: "${core.url}", serverName: ${core.serverName}, ca: ${core.ca}, password: ${core.passwordFile}, ${keys} }
${more}
`,
      );
    },
    async configuration(site, rows) {
      const { name, content } = await signing.get(site)!.configuration(rows);
      await writeFile(`${path}/link/${name}`, content);
    },
    async states(site, rows) {
      const { name, content } = await signing.get(site)!.states(rows);
      await writeFile(`${path}/link/${name}`, content);
    },
    receive: (options) => siteferry(parameters, options),
    startReceive: () => startSiteferry(parameters),
    async settle() {
      for (let runs = 0; ; runs += 1) {
        const run = await centre.receive();
        const report = run.log.at(-1) ?? {};
        const isDone = run.status === 0 && report["waitingForConfiguration"] === 0;
        if (isDone || runs === 100) return run;
      }
    },
    async objects(type, ...attributes) {
      const query = attributes.map((name) => `attrs=${name}`).join("&");
      const answer = await core.get(`/v1/objects/${type}s?${query}`);
      return new Map(answer?.results.map(({ name, attrs }) => [name, attrs]));
    },
    async [Symbol.asyncDispose]() {
      await core.stop();
      await remove();
    },
  };
  await centre.configure();
  return centre;
}
