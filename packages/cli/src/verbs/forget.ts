// siteferry forget SITE

import { checkUser, readSettings } from "@siteferry/agent";
import { FerryError, parseSiteId } from "@siteferry/model";
import { forget, receiverSchema } from "@siteferry/receiver";
import { nodeFiles } from "@siteferry/spool";

export async function runForget(name: string, { config }: { config: string }): Promise<void> {
  const settings = await readSettings(nodeFiles, config, receiverSchema);
  const site = parseSiteId(name);
  if (site === null || !Object.hasOwn(settings.sites, site)) {
    const known = Object.keys(settings.sites).join(", ");
    throw new FerryError("site-not-configured", `${config} has no site "${name}"; it has ${known}`);
  }
  await checkUser(`${settings.spool}/receiver`);
  await forget(nodeFiles, settings, site);
  process.stdout.write(
    `The receiver's next run takes ${site} at whatever epoch it comes with next.\n`,
  );
}
