// siteferry receive --format livedump: in the place of livedump-ssh-recv and livedump-mail-fetch.

import { openLog, readSettings } from "@siteferry/agent";
import { exitCodes, explain, FerryError, parseSiteId, type SiteId } from "@siteferry/model";
import { receiveLivedump, receiveLivedumpMail, receiverSchema } from "@siteferry/receiver";
import { nodeFiles } from "@siteferry/spool";
import { printFailure } from "../failure.ts";
import type { ReceiveOptions } from "./receive.ts";

/** Exit status: 76 for what isn't livedump's; of a mail server all but that is tried again, 75. */
export async function runReceiveLivedump(options: ReceiveOptions): Promise<number> {
  const { config, logLevel, stdin, mail } = options;
  const site = siteOf(stdin ?? mail, stdin !== undefined && mail !== undefined);
  const receive = stdin === undefined ? receiveLivedumpMail : receiveLivedump;
  try {
    const settings = await readSettings(nodeFiles, config, receiverSchema);
    const log = await openLog({ name: "receiver", level: logLevel });
    await receive(settings, log, site, process.stdin);
    return 0;
  } catch (error) {
    const failure = explain(error, "Taking livedump in");
    if (stdin !== undefined || failure.kind === "refused") throw failure;
    printFailure(failure, null);
    return exitCodes.transient;
  }
}

function siteOf(name: string | true | undefined, isTwice: boolean): SiteId {
  const site = typeof name === "string" && !isTwice ? parseSiteId(name) : null;
  if (site !== null) return site;
  throw new FerryError(
    "usage-wrong",
    "--format livedump takes --stdin SITE or --mail SITE: whose dump it is never stands in it",
  );
}
