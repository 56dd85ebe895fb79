// siteferry config diff | render | approve | rollback

import { mkdir, realpath, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { checkUser, openLog, openProgress, readSettings } from "@siteferry/agent";
import { FerryError, printable } from "@siteferry/model";
import {
  approve,
  changesIn,
  lookAtObjects,
  lookAtSites,
  type ObjectChange,
  type ObjectsView,
  receiverSchema,
  type ReceiverSettings,
  reloadableFrom,
  releaseHeld,
  request,
} from "@siteferry/receiver";
import { nodeFiles } from "@siteferry/spool";
import type { WordsOptions } from "../agent-options.ts";
import { siteIn } from "../site-in.ts";

export interface ConfigOptions {
  readonly config: string;
}

type LookOptions = ConfigOptions & WordsOptions;

/** Exit status, as diff(1): 1 if something differs. */
export async function diffObjects({
  json,
  full,
  ...options
}: LookOptions & { readonly json: boolean; readonly full: boolean }): Promise<number> {
  const views = await look(options);
  const all = views.map((view) => ({ view, changes: changesIn(view) }));
  const text = json
    ? JSON.stringify(
        all.map(({ view, changes }) => jsonOf(view, changes)),
        null,
        2,
      )
    : all.map(({ view, changes }) => describe(view, changes, full)).join("\n\n");
  process.stdout.write(`${text}\n`);
  const differs = all.some(({ view, changes }) => changes.length + view.removing.length > 0);
  return differs ? 1 : 0;
}

/** The files as they would be; into a directory that may be there already, or one after the other. */
export async function renderToDirectory({
  out,
  ...options
}: LookOptions & { readonly out?: string }): Promise<void> {
  const views = await look(options);
  // Of several targets each has a directory of its own.
  const directoryOf = (index: number): string => (views.length > 1 ? `${out}/${index + 1}` : out!);
  if (out !== undefined) {
    for (const index of views.keys()) await refuseLive(directoryOf(index), views);
  }
  let written = 0;
  for (const [index, { wanted }] of views.entries()) {
    const directory = directoryOf(index);
    if (out !== undefined) await mkdir(directory, { recursive: true });
    for (const [name, text] of wanted) {
      if (out === undefined) process.stdout.write(`# ${name}\n${text}\n`);
      else await writeFile(`${directory}/${name}`, text);
      written += 1;
    }
  }
  if (out !== undefined) process.stdout.write(`${written} files are in ${out}.\n`);
}

/** The core would read every object twice. */
async function refuseLive(out: string, views: readonly ObjectsView[]): Promise<void> {
  const real = await realPathOf(resolve(out));
  for (const { dir } of views) {
    if (!`${real}/`.startsWith(`${await realPathOf(dir)}/`)) continue;
    const problem = `${printable(out)} is in ${dir}, which the core reads: write elsewhere`;
    throw new FerryError("usage-wrong", problem);
  }
}

/** Of what isn't there: where it would be. */
async function realPathOf(path: string): Promise<string> {
  return await realpath(path).catch(async () =>
    path === "/" ? path : join(await realPathOf(dirname(path)), basename(path)),
  );
}

export async function approveSite(
  name: string | undefined,
  { config }: ConfigOptions,
): Promise<void> {
  const settings = await ownSettings(config);
  if (name === undefined) {
    await request(nodeFiles, settings, "resume");
    const lines = [
      `What is known goes live again ${await nextRun(settings)}.`,
      ...(await sitesThatWait(settings)),
    ];
    process.stdout.write(`${lines.join("\n")}\n`);
    return;
  }
  const site = siteIn(Object.keys(settings.sites), name, config);
  const isNew = await approve(nodeFiles, settings, site);
  const held = await releaseHeld(nodeFiles, settings, site);
  if (!isNew && held === 0) {
    process.stdout.write(`${site} was approved before; nothing of it waits for a word.\n`);
    return;
  }
  const also = held > 0 ? ", with the hosts that it removes" : "";
  process.stdout.write(`The objects of ${site} go live ${await nextRun(settings)}${also}.\n`);
}

/** They need a word of their own. */
async function sitesThatWait(settings: ReceiverSettings): Promise<string[]> {
  const log = await openLog({ name: "config", level: "error" });
  const waiting = (await lookAtSites(settings, log)).filter(
    ({ facts }) => facts.awaitsApproval || facts.removalHeld,
  );
  return waiting.map(
    ({ facts: { site } }) => `${site} still waits for: siteferry config approve ${site}`,
  );
}

async function nextRun(settings: ReceiverSettings): Promise<string> {
  const fromMs = await reloadableFrom(nodeFiles, settings, Date.now());
  if (fromMs === 0) return "in the next run";
  return `in the first run from ${timeOf(fromMs)} on, as the core was reloaded just now`;
}

export async function rollBack({ config }: ConfigOptions): Promise<void> {
  const settings = await ownSettings(config);
  await request(nodeFiles, settings, "rollback");
  process.stdout.write(
    "The receiver's next run goes back to the objects of before. Nothing new goes live until: siteferry config approve\n",
  );
}

/** Only the receiver's user may leave it a word: another one's it couldn't take away. */
async function ownSettings(config: string): Promise<ReceiverSettings> {
  const settings = await readSettings(nodeFiles, config, receiverSchema);
  await checkUser(`${settings.spool}/receiver`);
  return settings;
}

async function look({ config, logLevel, quiet }: LookOptions): Promise<readonly ObjectsView[]> {
  const settings = await readSettings(nodeFiles, config, receiverSchema);
  using progress = openProgress(!quiet);
  const log = await openLog({ name: "config", level: logLevel, progress });
  const views = await lookAtObjects(settings, log, progress);
  if (views.length > 0) return views;
  throw new FerryError("settings-invalid", `${config} has no target with objects`);
}

function jsonOf(view: ObjectsView, changes: readonly ObjectChange[]): object {
  const { live: _live, wanted: _wanted, ...waiting } = view;
  return { ...waiting, changes };
}

function describe(view: ObjectsView, changes: readonly ObjectChange[], full: boolean): string {
  const count = (kind: ObjectChange["kind"]): number =>
    changes.filter((change) => change.kind === kind).length;
  return [
    view.dir,
    ...waitingLines(view),
    ...(changes.length > 0 && view.notBeforeMs > 0
      ? [`At most one reload in reloadEvery: the next from ${timeOf(view.notBeforeMs)} on`]
      : []),
    ...changes.flatMap((change) => changeLines(change, full)),
    ...view.refused.map(
      ({ site, object, directive, reason, outcome }) =>
        `! ${site}: ${object}: ${directive} ${reason}: ${outcome}`,
    ),
    changes.length === 0
      ? view.removing.length === 0
        ? "All that is known is live."
        : "All else is live."
      : `${count("added")} added, ${count("changed")} changed, ${count("removed")} removed`,
  ].join("\n");
}

function waitingLines(view: ObjectsView): string[] {
  const { awaiting, removing, rejected, isPending, isHeld, failed } = view;
  return [
    ...awaiting.map((site) => `${site} waits for: siteferry config approve ${site}`),
    ...removing.map(
      (site) => `${site}: many hosts are missing in what is held: siteferry config approve ${site}`,
    ),
    ...Object.entries(rejected).map(([site, reason]) =>
      site === ""
        ? `The core refuses its own configuration: ${reason}`
        : `The core refuses what is new of ${site}: ${reason}`,
    ),
    ...(failed === null ? [] : [`Taken back: ${printable(failed, 300)}`]),
    ...(isPending ? ["The core is loading new objects."] : []),
    ...(isHeld ? ["Nothing goes live after the rollback until: siteferry config approve"] : []),
  ];
}

function timeOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

const signs = { added: "+", changed: "~", removed: "-" } as const;

function changeLines({ kind, object, before, after }: ObjectChange, full: boolean): string[] {
  const head = `${signs[kind]} ${printable(object, 600)}`;
  if (kind !== "changed" && !full) return [head];
  return [
    head,
    ...before.map((line) => `    - ${printable(line, 1200)}`),
    ...after.map((line) => `    + ${printable(line, 1200)}`),
  ];
}
