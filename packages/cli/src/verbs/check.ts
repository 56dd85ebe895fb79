// siteferry check: how sites are, or a sender is, as a plugin of a monitoring core. Its exit status is the
// state, and whatever goes wrong is UNKNOWN with the reason.

import {
  openLog,
  painterFor,
  type PluginState,
  readSettings,
  stateNames,
  toneOf,
  unknownLine,
} from "@siteferry/agent";
import { FerryError } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { siteIn } from "../site-in.ts";

export interface CheckOptions {
  readonly config?: string;
  readonly all: boolean;
  readonly sender: boolean;
  /** In runs of the sender's schedule, as they stand on the command line. */
  readonly warning?: string;
  readonly critical?: string;
}

interface Output {
  readonly state: PluginState;
  readonly text: string;
}

export async function runCheck(site: string | undefined, options: CheckOptions): Promise<number> {
  const { state, text } = await (
    options.sender ? checkSender(site, options) : checkSites(site, options)
  ).catch((error: unknown) => ({ state: 3 as const, text: unknownLine(error) }));
  const name = stateNames[state];
  // The first of the words is the state's.
  const painted = text.replace(name, () => painterFor(process.stdout)(toneOf(state), name));
  process.stdout.write(`${painted}\n`);
  return state;
}

async function checkSites(site: string | undefined, options: CheckOptions): Promise<Output> {
  const { config = "/etc/siteferry/receiver.yaml", all, warning, critical } = options;
  if ((site !== undefined) === all) {
    throw new FerryError("usage-wrong", "Name one site, or --all, or --sender");
  }
  if (warning !== undefined || critical !== undefined) {
    const advice = "of sites: health.warning and health.critical in receiver.yaml";
    throw new FerryError("usage-wrong", `--warning and --critical go with --sender; ${advice}`);
  }
  const { pluginOutput, pluginOutputOfAll } = await import("@siteferry/receiver");
  const { lookAtAll } = await import("./status.ts");
  const { sites, troubles } = await lookAtAll(config);
  const health = sites.map((one) => one.health);
  if (all) return pluginOutputOfAll(health, troubles);
  const known = health.map((each) => each.site);
  const one = health[known.indexOf(siteIn(known, site!, config))]!;
  return { state: one.state, text: pluginOutput(one) };
}

async function checkSender(site: string | undefined, options: CheckOptions): Promise<Output> {
  const { config = "/etc/siteferry/sender.yaml", all } = options;
  if (site !== undefined || all) {
    throw new FerryError("usage-wrong", "--sender stands alone: it is about this machine");
  }
  const limits = {
    warning: limitOf("--warning", options.warning, 2),
    critical: limitOf("--critical", options.critical, 4),
  };
  const { lookAtSender, senderOutput, senderSchema } = await import("@siteferry/sender");
  const settings = await readSettings(nodeFiles, config, senderSchema);
  const log = await openLog({ name: "check", level: "error" });
  const health = await lookAtSender(settings, log, limits);
  return { state: health.state, text: senderOutput(health) };
}

/** More than ten thousand runs nobody means. */
function limitOf(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const limit = Number(text);
  if (/^\d{1,4}(\.\d+)?$/.test(text) && limit >= 1) return limit;
  throw new FerryError("usage-wrong", `${name} is a number of runs, from 1 to 9999`);
}
