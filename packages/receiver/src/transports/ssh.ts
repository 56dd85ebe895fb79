// ssh in receiver.yaml: the centre fetches.

import {
  checkSshLogin,
  siteId,
  sshConnectionKeys,
  type SshConnectionSettings,
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

export const sshSettings: z.ZodType<SshSettings> = z
  .strictObject({ ...sshConnectionKeys(), site: siteId, directory: z.string().min(1) })
  .superRefine(checkSshLogin);

export async function openSsh(
  context: TransportContext,
  { site, directory, timeout, ...server }: SshSettings,
): Promise<ReceivingTransport> {
  const { sshReceiver } = await import("@siteferry/carry");
  return sshReceiver(context, { connection: { ...server, timeoutMs: timeout }, directory, site });
}
