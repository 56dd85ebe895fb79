// All that `siteferry doctor sender` looks at, in the order of a bundle's way.

import { type Check, checkFreeSpace, checkSpoolUser, checkSpoolWorks, ok } from "@siteferry/agent";
import { centreKeys } from "./centre-keys.ts";
import { clock } from "./clock.ts";
import { commands } from "./commands.ts";
import { core } from "./core.ts";
import { lastRun } from "./last-run.ts";
import { linkCertificates } from "./link-certificates.ts";
import { links } from "./links.ts";
import { livestatusSocket } from "./livestatus-socket.ts";
import { signingKey } from "./signing-key.ts";
import type { SenderSubject } from "./subject.ts";

const settings: Check<SenderSubject> = {
  name: "settings",
  // Who comes so far has read them.
  run: async ({ settings: { site, centre } }) => [ok(`${site} sends to ${centre}`)],
};

const spoolUser: Check<SenderSubject> = {
  name: "spool",
  run: ({ probes, spool, settings: { spool: above } }) => checkSpoolUser(probes, spool, above),
};

const spoolWorks: Check<SenderSubject> = {
  name: "disk",
  run: ({ probes, spool, settings: { spool: above } }) =>
    checkSpoolWorks(probes, spool, above, ["tmp", "outbox", "state", "copies"]),
};

const freeSpace: Check<SenderSubject> = {
  name: "space",
  run: ({ probes, settings: { spool } }) => checkFreeSpace(probes, spool),
};

export const senderChecks: readonly Check<SenderSubject>[] = [
  settings,
  livestatusSocket,
  core,
  commands,
  signingKey,
  spoolUser,
  spoolWorks,
  freeSpace,
  links,
  linkCertificates,
  centreKeys,
  clock,
  lastRun,
];
