// Bundles that come twice and in any order, by a directory and through the door that all links lead to
// on which the centre is spoken to. Those links themselves: test/transports/delivery.test.ts.

import { dropReceiver } from "@siteferry/carry";
import { test } from "vitest";
import { expectNewestOnce, type Ground, type LinkOfCourse, runs } from "./test-courses.ts";

const links = {
  async drop({ centre, files }: Ground): Promise<LinkOfCourse> {
    const dir = `${centre.path}/link`;
    let copies = 0;
    return {
      async deliver(bundles) {
        for (const { name, content } of bundles) {
          // What lies there already comes again under a name of its own.
          const isThere = (await files.status(`${dir}/${name}`)) !== null;
          const own = isThere ? `${(copies += 1)}.ferry` : name;
          await files.writeNew(`${dir}/${own}`, content, 0o644);
        }
      },
      start: () => [dropReceiver(files, { dir, site: null })],
    };
  },
  async door({ centre, files }: Ground): Promise<LinkOfCourse> {
    const door = await centre.door(files);
    return {
      async deliver(bundles) {
        for (const { content } of bundles) {
          await door({ from: "test", site: null, content: Uint8Array.from(content) });
        }
      },
      start: () => [],
    };
  },
};

test.each(["drop", "door"] as const)(
  `doubled and reordered by a %s, ${runs} times: the final state is the newest, told once`,
  { timeout: 300_000 },
  async (link) => await expectNewestOnce(1, links[link]),
);
