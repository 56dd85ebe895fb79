// For tests: a centre whose core is told by a command file, and what a site has to say to it.

import { makeTemporaryDirectory } from "@siteferry/testkit";
import {
  type AnnotatedCentre,
  hostState,
  makeAnnotatedCentre,
  type Said,
  serviceState,
  siteComment,
  siteDowntime,
} from "../test-annotated.ts";
import { downtimeEnd, downtimeStart, makeToldCore, type ToldCore } from "./test-told-core.ts";

export interface Ground extends AsyncDisposable {
  readonly core: ToldCore;
  readonly centre: AnnotatedCentre;
  readonly statusFile: string;
  /** The core does what it was told and shows it; time passes. */
  pass(seconds?: number): Promise<void>;
}

export async function openGround(keys: object = {}, sites?: object): Promise<Ground> {
  const directory = await makeTemporaryDirectory("told");
  const statusFile = `${directory.path}/status.dat`;
  const core = makeToldCore(statusFile);
  core.objects.set("web", { state: 0 }).set("web\tdisk", { state: 2 }).set("db", { state: 0 });
  const centre = await makeAnnotatedCentre({
    ...(sites && { sites }),
    targets: () => [
      { commands: { file: "/unused", status: statusFile, core: "nagios", pace: 1_000, ...keys } },
    ],
    commands: core.world,
    clock: { now: () => core.clockMs },
  });
  const pass = async (seconds = 10): Promise<void> => {
    core.clockMs += seconds * 1_000;
    await core.work();
  };
  await pass();
  return {
    core,
    centre,
    statusFile,
    pass,
    async [Symbol.asyncDispose]() {
      await centre[Symbol.asyncDispose]();
      await directory.remove();
    },
  };
}

export const times: { readonly start_time: number; readonly end_time: number } = {
  start_time: downtimeStart,
  end_time: downtimeEnd,
};
export const said: Said = {
  hosts: [hostState("web")],
  services: [serviceState("web", "disk", { state: 2, acknowledged: 1, acknowledgement_type: 1 })],
  comments: [
    siteComment("web", "disk", { id: 1, entry_type: 4, comment: "on it" }),
    siteComment("web", null, { id: 2, comment: "hello" }),
  ],
  downtimes: [siteDowntime("web", null, times)],
};
const author = "anna (siteferry remote1)";
export const commands: readonly string[] = [
  `ACKNOWLEDGE_SVC_PROBLEM;web;disk;1;0;0;${author};on it`,
  `SCHEDULE_HOST_DOWNTIME;web;${downtimeStart};${downtimeEnd};1;0;604800;${author};a downtime`,
  `ADD_HOST_COMMENT;web;1;${author};hello`,
];
