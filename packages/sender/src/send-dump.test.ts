// A site that is dumped by commands: what travels over a link that acknowledges, and what if it doesn't.

import {
  makeReceipt,
  type OpenedVerbatim,
  parseAllowedSigners,
  unpack,
  verify,
} from "@siteferry/bundle";
import { centre, publicLine, signer, site } from "@siteferry/bundle/forge";
import type { SendingTransport } from "@siteferry/carry";
import { FerryError } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test } from "vitest";
import { send, type SendReport } from "./send.ts";
import { senderSchema } from "./settings.ts";
import { shipOnce } from "./ship.ts";

const hourMs = 3_600_000;
const startMs = Date.UTC(2026, 10, 1);

type Parcel = Parameters<SendingTransport["send"]>[0];

interface Remote extends AsyncDisposable {
  nowMs: number;
  config: string;
  states: string;
  /** The link is up. */
  isUp: boolean;
  acknowledges: boolean;
  /** The parts of each bundle that arrived, `config states`, and what lies there last. */
  readonly arrived: string[];
  readonly bundles: OpenedVerbatim[];
  readonly warnings: string[];
  run(): Promise<SendReport>;
}

async function makeRemote(): Promise<Remote> {
  const { path: spool, remove } = await makeTemporaryDirectory("send-dump");
  const settings = senderSchema.parse({
    site,
    centre,
    exec: { config: ["cmcdump", "-C"] },
    key: "/unused",
    transports: [{ drop: { dir: "/unused" } }],
  });
  const centreKeys = parseAllowedSigners(`${centre} ${publicLine}`, "centre_keys");
  const signers = parseAllowedSigners(`${site} ${publicLine}`, "allowed_signers");
  const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };
  const quiet = (): void => {};
  const remote: Remote = {
    nowMs: startMs,
    config: "shadow_hosts.update({})\n",
    states: "one\n",
    isUp: true,
    acknowledges: true,
    arrived: [],
    bundles: [],
    warnings: [],
    async run() {
      const warn = (_: object, message: string): void => void remote.warnings.push(message);
      const log = { debug: quiet, info: quiet, warn, error: quiet };
      const clock = { now: () => remote.nowMs };
      const { acknowledges } = remote;
      const link: SendingTransport = {
        name: "link",
        traits: { oneWay: !acknowledges, acknowledges },
        async send({ content }: Parcel) {
          if (!remote.isUp) throw new FerryError("link-timeout", "the line is down");
          const nowMs = remote.nowMs;
          const envelope = await verify(content, { centre, signers, nowMs });
          const bundle = (await unpack(envelope)) as OpenedVerbatim;
          remote.bundles.push(bundle);
          const parts = [bundle.config && "config", bundle.states && "states"];
          remote.arrived.push(parts.filter((part) => part !== "").join(" "));
          return acknowledges ? makeReceipt(content, signer, nowMs) : null;
        },
        close: async () => {},
      } as unknown as SendingTransport;
      return await send({
        world: { clock, random, files: nodeFiles, log },
        settings,
        spool,
        signer,
        life: "this one",
        connect: async () => await Promise.reject(new Error("nothing is read through Livestatus")),
        async runCommand(command) {
          return Buffer.from(command.includes("-C") ? remote.config : remote.states);
        },
        shipping: shipOnce([link], centreKeys),
      });
    },
    [Symbol.asyncDispose]: remove,
  };
  return remote;
}

test("a part that has arrived and didn't change stays away; then the bundle is the heartbeat", async () => {
  await using remote = await makeRemote();
  await remote.run();
  await remote.run();
  remote.states = "two\n";
  await remote.run();
  remote.config = "shadow_hosts.update({'a': 1})\n";
  await remote.run();
  remote.nowMs += hourMs;
  await remote.run();
  expect(remote.arrived).toEqual(["config states", "", "states", "config", "config states"]);
  const [first, heartbeat, , changed] = remote.bundles.map(({ header }) => header);
  expect(heartbeat?.configurationHash).toBe(first?.configurationHash);
  expect(changed?.configurationHash).not.toBe(first?.configurationHash);
  expect(remote.bundles.map(({ header }) => header.sequence)).toEqual([1, 2, 3, 4, 5]);
});

test("what never arrived travels in the bundle that replaces it", async () => {
  await using remote = await makeRemote();
  remote.isUp = false;
  expect(await remote.run()).toMatchObject({ waiting: 1, superseded: 0 });
  expect(await remote.run()).toMatchObject({ waiting: 1, superseded: 1 });
  remote.isUp = true;
  expect(await remote.run()).toMatchObject({ waiting: 0, shipped: 1 });
  expect(remote.arrived).toEqual(["config states"]);
  await remote.run();
  expect(remote.arrived.at(-1)).toBe("");
});

test("over a link that can't tell of a loss both parts travel each time", async () => {
  await using remote = await makeRemote();
  remote.acknowledges = false;
  for (let run = 0; run < 3; run++) await remote.run();
  expect(remote.arrived).toEqual(["config states", "config states", "config states"]);
});

test("what plugins printed may be no UTF-8 and have no end; a line too long is left out and counted", async () => {
  await using remote = await makeRemote();
  remote.states = `one\n${"x".repeat(200_000)}\nend`;
  expect(await remote.run()).toMatchObject({ rowsRefused: 1 });
  expect(remote.bundles.at(-1)?.states).toBe("one\nend\n");
  expect(remote.warnings).toEqual(["1 states of over 131072 bytes were left out"]);
});

test("a configuration command that prints nothing fails the run", async () => {
  await using remote = await makeRemote();
  remote.config = "";
  await expect(remote.run()).rejects.toMatchObject({ code: "command-failed" });
  expect(remote.arrived).toEqual([]);
});
