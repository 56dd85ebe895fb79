// siteferry status and siteferry check: how each site is, for people and for a monitoring core.

import { openLog, readSettings } from "@siteferry/agent";
import { FerryError } from "@siteferry/model";
import {
  lookAtSites,
  pluginOutput,
  pluginOutputOfAll,
  receiverSchema,
  type SiteView,
  statusRecord,
  statusTable,
} from "@siteferry/receiver";
import { nodeFiles } from "@siteferry/spool";

interface StatusOptions {
  readonly config: string;
}

export async function showStatus({
  config,
  json,
}: StatusOptions & { readonly json: boolean }): Promise<void> {
  const all = await look(config);
  const nowMs = Date.now();
  const records = all.map((one) => statusRecord(one, nowMs));
  process.stdout.write(`${json ? JSON.stringify(records, null, 2) : statusTable(all, nowMs)}\n`);
}

/** As a plugin: its exit status is the state, and whatever goes wrong is UNKNOWN. */
export async function checkSites(
  site: string | undefined,
  { config, all: wantsAll }: StatusOptions & { readonly all: boolean },
): Promise<number> {
  try {
    if ((site !== undefined) === wantsAll) {
      throw new FerryError("settings-invalid", "Name one site, or --all");
    }
    const health = (await look(config)).map((one) => one.health);
    if (wantsAll) {
      const { state, text } = pluginOutputOfAll(health);
      process.stdout.write(`${text}\n`);
      return state;
    }
    const one = health.find((each) => each.site === site);
    if (one === undefined)
      throw new FerryError("site-not-configured", `${config} has no such site`);
    process.stdout.write(`${pluginOutput(one)}\n`);
    return one.state;
  } catch (error) {
    const reason = error instanceof Error ? error.message.replaceAll("\n", " ") : String(error);
    process.stdout.write(`SITEFERRY UNKNOWN - ${reason}\n`);
    return 3;
  }
}

async function look(config: string): Promise<readonly SiteView[]> {
  const settings = await readSettings(nodeFiles, config, receiverSchema);
  return await lookAtSites(settings, await openLog({ name: "status", level: "error" }));
}
