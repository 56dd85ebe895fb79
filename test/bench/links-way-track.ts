// A way to a centre as a track: until the receipt is there, or where there is none, until the bundle is
// durable in the directory.

import { checkReceipt } from "@siteferry/bundle";
import { openCentre } from "./links-centre.ts";
import { timeOf, type TrackKind } from "./links-track.ts";
import type { Way } from "./links-ways.ts";

/** For the receiver to open what it got: the next one mustn't share the processor with that. */
const settleMsMax = 60_000;

export function trackOf(way: Way): TrackKind {
  return {
    title: way.title,
    floorTitle: way.floor.title,
    targetMs: way.targetMs,
    async lay({ root, site, signerLine, signal }) {
      await using opened = new AsyncDisposableStack();
      const centre = opened.use(await openCentre(root, way, new Map([[site, signerLine]])));
      const floor = opened.use(await way.floor.prepare(centre));
      const kept = opened.move();
      return {
        async carry(parcel) {
          const transport = await way.open(centre, site);
          try {
            let receipt: Uint8Array | null = null;
            const ms = await timeOf(async () => {
              receipt = await transport.send(parcel);
            });
            if (transport.traits.acknowledges) {
              const trust = { ...centre.trust, nowMs: Date.now() };
              checkReceipt(receipt ?? new Uint8Array(), parcel.content, trust);
            }
            await centre.settle([parcel.name], settleMsMax, signal);
            return ms;
          } finally {
            await transport.close();
          }
        },
        floor: async (file) => await timeOf(async () => await floor.carry(file)),
        [Symbol.asyncDispose]: () => kept.disposeAsync(),
      };
    },
  };
}
