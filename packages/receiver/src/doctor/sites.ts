// How the sites are, as `siteferry check --all` has it.

import { type Check, counted, fail, ok, stateNames, warning } from "@siteferry/agent";
import type { ReceiverSubject } from "./subject.ts";

/** A thousand sites that are silent have one reason. */
const shownMax = 20;

export const sites: Check<ReceiverSubject> = {
  name: "sites",
  async run({ health }) {
    const all = await health();
    const bad = all.filter(({ state }) => state !== 0);
    if (bad.length === 0) return [ok(`${counted(all.length, "site")}, all well`)];
    const found = bad.slice(0, shownMax).map(({ site, state, summary }) => {
      const what = `${site} is ${stateNames[state]}: ${summary}`;
      const todo = `siteferry status; at the site: siteferry doctor sender`;
      return (state === 2 ? fail : warning)(what, todo);
    });
    const more = bad.length - found.length;
    return more > 0 ? [...found, warning(`and ${more} more`, "siteferry status")] : found;
  },
};
