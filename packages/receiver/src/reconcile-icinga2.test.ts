// What an Icinga 2 refused, and that is said as long as it stands; no longer.

import { nodeFiles } from "@siteferry/spool";
import { beforeEach, expect, test, vi } from "vitest";
import { CoreModel } from "../../apply/src/icinga2/core-model.ts";
import { icinga2Directory, icinga2Schema } from "./icinga2-settings.ts";
import { packageStore } from "./package-store.ts";
import { type Centre, makeCentre, nowMs, remote1 } from "./test-centre.ts";

let core: CoreModel;
vi.mock("./icinga2-connection.ts", () => ({
  withIcinga2: async (_files: unknown, _target: unknown, use: (api: unknown) => unknown) =>
    await use(core.api),
}));

const keys = { url: "https://core:5665", ca: "/ca", password: "/password" };
const quiet = (): void => {};
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
let now: number;

beforeEach(() => {
  core = new CoreModel();
  now = nowMs;
});

async function makeGround(): Promise<Centre> {
  const centre = await makeCentre({ remote1: { objects: { autoApprove: true } } }, undefined, [], {
    targets: () => [{ icinga2: keys }],
  });
  await centre.put("config", 1);
  return centre;
}

/** Late enough for another upload. */
async function run(centre: Centre): Promise<void> {
  now += 120_000;
  await centre.receive(nodeFiles, { now: () => now });
}

async function rejected({ path }: Centre): Promise<Readonly<Record<string, string>>> {
  const random = { bytes: (count: number) => new Uint8Array(count) };
  const world = { files: nodeFiles, random, log, clock: { now: () => now } };
  const directory = icinga2Directory(`${path}/receiver`, icinga2Schema.parse(keys));
  return (await packageStore(world, directory).load()).rejected;
}

const ownFault = "[t] critical/config: Error: the operator's own file\n";
const siteFault =
  "[t] critical/config: Error: no\nLocation: in /x/siteferry-site-remote1.conf: 1:1\n";

test.each([
  ["", ownFault],
  [remote1, siteFault],
])(
  "a setting that was refused and is taken back: nothing is refused any more, of '%s'",
  async (whose, fault) => {
    await using centre = await makeGround();
    const site = centre.settings.sites[remote1]!;
    await run(centre);
    await run(centre);
    Object.assign(site, { prefix: "acme-" });
    core.validate = (files) =>
      JSON.stringify(files).includes("acme-") || whose === "" ? fault : null;
    await run(centre);
    expect(Object.keys(await rejected(centre))).toEqual([whose]);
    Object.assign(site, { prefix: "" });
    const uploads = core.uploads.length;
    await run(centre);
    expect(await rejected(centre)).toEqual({});
    expect(core.uploads).toHaveLength(uploads);
  },
);

test("a first configuration that was refused, of a site that leaves the settings", async () => {
  await using centre = await makeGround();
  core.validate = () => ownFault;
  await run(centre);
  expect(Object.keys(await rejected(centre))).toEqual([""]);
  delete (centre.settings.sites as Record<string, unknown>)[remote1];
  await run(centre);
  expect(await rejected(centre)).toEqual({});
});
