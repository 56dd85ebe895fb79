// siteferry forget SITE

import { checkUser, readSettings } from "@siteferry/agent";
import { forget, receiverSchema } from "@siteferry/receiver";
import { nodeFiles } from "@siteferry/spool";
import { siteIn } from "../site-in.ts";

export async function runForget(name: string, { config }: { config: string }): Promise<void> {
  const settings = await readSettings(nodeFiles, config, receiverSchema);
  const site = siteIn(Object.keys(settings.sites), name, config);
  await checkUser(`${settings.spool}/receiver`);
  await forget(nodeFiles, settings, site);
  process.stdout.write(
    `The receiver's next run takes ${site} at whatever epoch it comes with next.\n`,
  );
}
