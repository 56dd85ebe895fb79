// The programs that receiver.yaml names, and flock.

import { type Check, checkPrograms } from "@siteferry/agent";
import type { TargetSettings } from "../settings.ts";
import type { ReceiverSubject } from "./subject.ts";

export const programs: Check<ReceiverSubject> = {
  name: "programs",
  run: async ({ settings: { targets }, probes }) =>
    await checkPrograms(probes, targets.flatMap(programsOf)),
};

function programsOf(target: TargetSettings): { name: string; key: string }[] {
  const activate = "objects" in target ? target.objects.activate : undefined;
  const named = [
    [activate?.check[0], "check of activate"],
    [activate?.reload?.[0], "reload of activate"],
    ["cmc" in target ? target.cmc.reload[0] : undefined, "reload of cmc"],
  ] as const;
  return named.flatMap(([name, key]) => (name === undefined ? [] : [{ name, key }]));
}
