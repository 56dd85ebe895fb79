// ssh in receiver.yaml: the centre fetches.

import {
  checkSshLogin,
  explained,
  kind,
  siteId,
  sshConnectionKeys,
  type SshConnectionSettings,
  sshConnectionWords,
} from "@siteferry/agent";
import type { ReceivingTransport } from "@siteferry/carry";
import type { SiteId } from "@siteferry/model";
import { z } from "zod";
import type { TransportContext } from "./context.ts";

export interface SshSettings extends SshConnectionSettings {
  /** The site whose server this is: bundles of others are refused. */
  readonly site: SiteId;
  /** A directory there, into which the site's sender publishes by `drop`. */
  readonly directory: string;
}

export const sshSettings: z.ZodType<SshSettings> = explained(
  z.strictObject({
    site: siteId,
    directory: kind("path at the server", z.string().min(1)),
    ...sshConnectionKeys(),
  }),
  {
    site: "whose server this is; bundles of other sites are refused",
    directory: "where the site publishes. What the centre has durably is removed there",
    ...sshConnectionWords,
  },
).superRefine(checkSshLogin);

export async function openSsh(
  context: TransportContext,
  { site, directory, timeout, ...server }: SshSettings,
): Promise<ReceivingTransport> {
  const { sshReceiver } = await import("@siteferry/carry");
  return sshReceiver(context, { connection: { ...server, timeoutMs: timeout }, directory, site });
}
