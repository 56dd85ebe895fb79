// carry, the sender's half: from the outbox through every transport. A bundle leaves the outbox
// when all of them have taken it.

import { errorFields, explain, limits } from "@siteferry/model";
import { listOutbox } from "./outbox.ts";
import type { Sender } from "./send.ts";

export interface Shipment {
  readonly shipped: number;
  /** Bundles that wait for the next run because a transport failed. */
  readonly waiting: number;
}

/** Ships what waits, oldest first. A transport that fails is logged and tried again next time. */
export async function ship({
  world,
  spool,
  transports,
}: Omit<Sender, "signer">): Promise<Shipment> {
  const { files, log } = world;
  const waiting = await listOutbox(files, spool);
  let shipped = 0;
  const failed = new Set<string>();
  for (const { fileName } of waiting) {
    const path = `${spool}/outbox/${fileName}`;
    const content = await files.read(path, limits.bundleBytesMax, { trusted: true });
    for (const transport of transports) {
      if (failed.has(transport.name)) continue;
      try {
        await transport.send({ name: fileName, content });
      } catch (error) {
        // In order: after a failure nothing overtakes on this transport.
        failed.add(transport.name);
        const failure = explain(error, `Sending through ${transport.name}`);
        log.warn(errorFields(failure), `${transport.name} failed; ${fileName} waits`);
      }
    }
    if (failed.size > 0) continue;
    await files.unlink(path);
    shipped += 1;
  }
  return { shipped, waiting: waiting.length - shipped };
}
