// The centre's keys, without which no receipt can be believed.

import { type Check, fail, listFault, ok, readText, skipped, warning } from "@siteferry/agent";
import { parseAllowedSigners } from "@siteferry/bundle";
import { ifMissing } from "@siteferry/model";
import type { SenderSubject } from "./subject.ts";

export const centreKeys: Check<SenderSubject> = {
  name: "centreKeys",
  async run({ settings, world, links, probes }) {
    const { centreKeys: path, centre } = settings;
    const transports = await Promise.all(
      links.map(async ({ open }) => await open().catch(() => null)),
    );
    const asking = transports.find((transport) => transport?.traits.acknowledges === true);
    const todo = `At the centre, siteferry init receiver or keygen printed the line; here: siteferry enrol --centre ${centre} 'ssh-ed25519 …'`;
    if (path === undefined) {
      if (asking !== undefined && asking !== null) {
        return [fail(`${asking.name} brings receipts, and centreKeys isn't set`, todo)];
      }
      return [skipped("no link here brings receipts")];
    }
    const list = parseAllowedSigners(
      await readText(world.files, path).catch(ifMissing(todo)),
      path,
    );
    const [open] = await listFault(probes, path);
    if (open !== undefined) return [open];
    const nowMs = world.clock.now();
    const lines = [...list.values()].flat().filter(({ sites }) => sites.includes(centre));
    const valid = lines.filter(
      ({ validAfterMs, validBeforeMs }) =>
        (validAfterMs ?? 0) <= nowMs && nowMs < (validBeforeMs ?? Number.POSITIVE_INFINITY),
    );
    if (valid.length > 0) return [ok(`${path} has ${valid.length} keys of ${centre}`)];
    const what = `${path} has no key of ${centre} that is valid now`;
    return [asking === undefined ? warning(what, todo) : fail(what, todo)];
  },
};
