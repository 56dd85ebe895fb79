// IDLE: the server says when something comes, over a connection of its own that is opened again when
// it breaks. Only a hint: whoever is woken looks by itself too.

import type { ImapFlow } from "imapflow";

/** Lines between forget connections that say nothing; RFC 2177 asks for less than 29 minutes. */
export const renewMs: number = 5 * 60_000;
const pauseMs = 60_000;

/** @param open A connection that renews its IDLE. Returns how to stop it. */
export function watchFolder(open: () => Promise<ImapFlow>, wake: () => void): () => void {
  let isStopped = false;
  let client: ImapFlow | null = null;
  let pause: NodeJS.Timeout | undefined;
  const listen = async (): Promise<void> => {
    client = await open();
    if (isStopped) return client.close();
    client.on("exists", wake);
    // What came while nobody listened.
    wake();
    await client.idle();
  };
  const listenOn = (): void => {
    const again = (): void => {
      client?.close();
      if (!isStopped) pause = setTimeout(listenOn, pauseMs);
    };
    listen().then(again, again);
  };
  listenOn();
  return () => {
    isStopped = true;
    clearTimeout(pause);
    client?.close();
  };
}
