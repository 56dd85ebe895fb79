// All that `siteferry doctor receiver` looks at, in the order of a bundle's way.

import {
  type Check,
  checkFreeSpace,
  checkSpoolUser,
  checkSpoolWorks,
  counted,
  ok,
} from "@siteferry/agent";
import { certificates } from "./certificates.ts";
import { commandsTarget } from "./commands-target.ts";
import { coreSettings } from "./core-settings.ts";
import { icinga2Target } from "./icinga2-target.ts";
import { links } from "./links.ts";
import { objects } from "./objects.ts";
import { ownKeys } from "./own-keys.ts";
import { programs } from "./programs.ts";
import { results } from "./results.ts";
import { signers } from "./signers.ts";
import { page } from "./page.ts";
import { siteServices } from "./site-services.ts";
import { sites } from "./sites.ts";
import type { ReceiverSubject } from "./subject.ts";

const settings: Check<ReceiverSubject> = {
  name: "settings",
  // Who comes so far has read them.
  run: async ({ settings: { centre, sites: all, targets } }) => [
    ok(
      `${centre} with ${counted(Object.keys(all).length, "site")} and ${counted(targets.length, "target")}`,
    ),
  ],
};

const spoolUser: Check<ReceiverSubject> = {
  name: "spool",
  run: ({ probes, spool, settings: { spool: above } }) => checkSpoolUser(probes, spool, above),
};

const parts = ["tmp", "arrivals", "door", "inbox", "sites", "state", "quarantine"];

const spoolWorks: Check<ReceiverSubject> = {
  name: "disk",
  run: ({ probes, spool, settings: { spool: above } }) =>
    checkSpoolWorks(probes, spool, above, parts),
};

const freeSpace: Check<ReceiverSubject> = {
  name: "space",
  run: ({ probes, settings: { spool } }) => checkFreeSpace(probes, spool),
};

export const receiverChecks: readonly Check<ReceiverSubject>[] = [
  settings,
  signers,
  ownKeys,
  programs,
  spoolUser,
  spoolWorks,
  freeSpace,
  links,
  certificates,
  results,
  coreSettings,
  objects,
  commandsTarget,
  icinga2Target,
  siteServices,
  page,
  sites,
];
