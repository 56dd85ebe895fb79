// Push by exec: each bundle is the standard input of one process at the centre.

import type { SiteId } from "@siteferry/model";
import type { ClientChannel } from "ssh2";
import type { OutgoingBundle } from "../../transport.ts";
import { type Ending, listenTo } from "../ending.ts";
import { judge } from "./answer.ts";
import type { Link } from "./link.ts";
import { refusedBy } from "./session.ts";

/** As much as ssh2 puts into a packet. */
const pieceBytes = 32 * 1024;

/**
 * Returns the receipt.
 * @throws FerryError `receiver-busy`, `centre-refused`, and what the link throws
 */
export async function sendByExec(
  link: Link,
  site: SiteId,
  { content, onSent }: OutgoingBundle,
): Promise<Uint8Array | null> {
  const { channel, conversation } = await startReceiver(link, site);
  const heard = listenTo(channel, channel.stderr);
  const ending = await conversation.step<Ending>(
    "handing the bundle over",
    (done) => {
      channel.once("close", (status: number | null | undefined, signal?: string) => {
        done(null, { status: status ?? null, signal: signal ?? null, ...heard() });
      });
      for (let at = 0; at < content.length; at += pieceBytes) {
        const piece = content.subarray(at, at + pieceBytes);
        // Of a channel that is closed it comes with an error.
        channel.write(piece, (error) => {
          if (!error) onSent?.(piece.length);
        });
      }
      channel.end();
    },
    content.length,
  );
  return judge(conversation.place, ending);
}

/** The centre's authorized_keys has its own command; this one is for a login that has none. */
async function startReceiver(link: Link, site: SiteId) {
  const what = "starting the receiver";
  return await link.begin(async ({ client, conversation }) => {
    try {
      const channel = await conversation.step<ClientChannel>(what, (done) => {
        client.exec(`siteferry receive --stdin ${site}`, done);
      });
      return { channel, conversation };
    } catch (error) {
      throw refusedBy(conversation.place, what, error);
    }
  });
}
