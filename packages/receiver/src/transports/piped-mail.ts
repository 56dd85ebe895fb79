// The receiver's own Maildir, which `receive --mail` fills.

import { mailTraits, type ReceivingTransport } from "@siteferry/carry/contract";
import { limits } from "@siteferry/model";
import type { TransportContext } from "./context.ts";

/** Below the receiver's own directory. */
export const pipedMailDirectory = "mail";

/** Mail is loaded when there is some: most receivers never get any. */
export function openPipedMail({ world, spool }: TransportContext): ReceivingTransport {
  const { files, clock, log } = world;
  const dir = `${spool}/${pipedMailDirectory}`;
  let opened: ReceivingTransport | null = null;
  const open = async (): Promise<ReceivingTransport> => {
    const { maildir, mailReceiver } = await import("@siteferry/carry");
    return (opened ??= mailReceiver(
      maildir(files, { dir, log, done: null, refused: null }),
      clock,
    ));
  };
  return {
    name: `mail:${dir}`,
    traits: mailTraits(limits.bundleBytesMax),
    async incoming(countPerSite, isKnown) {
      const isThere = (await files.status(`${dir}/new`)) !== null;
      const isEmpty = !isThere || (await files.list(`${dir}/new`)).length === 0;
      return isEmpty ? [] : await (await open()).incoming(countPerSite, isKnown);
    },
    async watch(wake) {
      const { prepareDeliveries } = await import("@siteferry/carry");
      await prepareDeliveries(world, dir);
      await (await open()).watch(wake);
    },
    async close() {
      await opened?.close();
    },
  };
}
