// Our clock against the centre's, where a link tells its time.

import { type Check, compareClocks } from "@siteferry/agent";
import type { SenderSubject } from "./subject.ts";

export const clock: Check<SenderSubject> = {
  name: "clock",
  async run({ links }) {
    const clocks = await Promise.all(
      links.map(async ({ open, probed }) => {
        const seen = await probed().catch(() => null);
        return seen?.clock ? [{ where: (await open()).name, ...seen.clock }] : [];
      }),
    );
    return compareClocks(clocks.flat());
  },
};
