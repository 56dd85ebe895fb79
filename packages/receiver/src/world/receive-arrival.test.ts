// What processes that links start may cost: places, the limit of arrivals, deadlines. Each of these is
// one process in life; their locks don't know the difference.

import { mkdir, readdir, writeFile } from "node:fs/promises";
import { PassThrough } from "node:stream";
import { forge, publicLine } from "@siteferry/bundle/forge";
import { limits, type SiteId } from "@siteferry/model";
import { makeTemporaryDirectory } from "@siteferry/testkit";
import { expect, test, vi } from "vitest";
import { receiverSchema } from "../settings.ts";
import { type ArrivalBounds, receiveArrival } from "./receive-arrival.ts";

// Each place is a process of flock's: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

const quiet = (): void => {};
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const patient: ArrivalBounds = {
  siteMs: 60_000,
  workMs: 60_000,
  silenceMs: 60_000,
  wholeMs: 60_000,
};
const busy = { code: "receiver-busy", kind: "transient" };

/** docs/specs/bundle.md */
const sequenceOffset = 88;
const createdOffset = 168;

/** Made now, as a real clock will see it. */
function bundle(sequence: number): Uint8Array {
  return forge({
    header(header) {
      header.writeBigUInt64BE(BigInt(sequence), sequenceOffset);
      header.writeBigUInt64BE(BigInt(Date.now()), createdOffset);
    },
  });
}

async function openCentre() {
  const { path, remove } = await makeTemporaryDirectory("arrival");
  await writeFile(`${path}/allowed_signers`, `remote1 ${publicLine}\n`);
  const names = Array.from({ length: 12 }, (_, index) => `remote${index + 1}`);
  const settings = receiverSchema.parse({
    centre: "central",
    spool: path,
    allowedSigners: `${path}/allowed_signers`,
    sites: Object.fromEntries(names.map((name) => [name, { oneWay: true }])),
    targets: [{ checkresults: { dir: "/unused", core: "nagios" } }],
  });
  const arrivals = `${path}/receiver/arrivals`;
  await mkdir(arrivals, { recursive: true });
  return {
    /** A process of `site`, with its standard input still open. */
    come(site: string, bounds: Partial<ArrivalBounds> = {}) {
      const input = new PassThrough();
      const stdin = input as unknown as NodeJS.ReadStream;
      const given = { ...patient, ...bounds };
      const done = receiveArrival(settings, log, site as SiteId, stdin, given);
      // Looked at when its turn comes.
      done.catch(quiet);
      return { input, done };
    },
    arrivals: async () => await readdir(arrivals),
    async fill(count: number) {
      for (let number = 0; number < count; number++) {
        const hash = String(number).padStart(32, "0");
        const name = `remote1-000000000009-000000000001.keyframe.${hash}.ferry`;
        await writeFile(`${arrivals}/${name}`, "");
      }
    },
    [Symbol.asyncDispose]: remove,
  };
}

/** Until `input` was read: its process stands in its place. */
async function taken(input: PassThrough, bytes: Uint8Array): Promise<void> {
  input.write(bytes);
  while (input.readableLength > 0 || input.writableLength > 0) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

test("of two at once that would pass the limit, one gets in", async () => {
  await using centre = await openCentre();
  await centre.fill(limits.arrivalsPerSiteMax - 1);
  const both = [1, 2].map((sequence) => {
    const { input, done } = centre.come("remote1");
    input.end(bundle(sequence));
    return done.then(
      () => "in",
      (error: { code: string }) => error.code,
    );
  });
  expect((await Promise.all(both)).toSorted()).toEqual(["in", "receiver-busy"]);
  expect(await centre.arrivals()).toHaveLength(limits.arrivalsPerSiteMax);
});

test("a third process of a site waits, and is told to come later; other sites don't notice", async () => {
  await using centre = await openCentre();
  const stuck = [centre.come("remote1"), centre.come("remote1")];
  for (const { input } of stuck) await taken(input, Buffer.from("x"));
  const third = centre.come("remote1", { siteMs: 50 });
  await expect(third.done).rejects.toMatchObject(busy);
  const other = centre.come("remote2");
  other.input.end();
  await expect(other.done).rejects.toMatchObject({ code: "bundle-truncated" });
  const patientThird = centre.come("remote1");
  patientThird.input.end(bundle(3));
  for (const { input, done } of stuck) {
    input.end();
    await expect(done).rejects.toMatchObject({ kind: "refused" });
  }
  await patientThird.done;
  expect(await centre.arrivals()).toHaveLength(1);
});

test("who holds much stands among eight; a slow delta doesn't, and the ninth is told to come later", async () => {
  await using centre = await openCentre();
  const slow = centre.come("remote10");
  await taken(slow.input, Buffer.from("x"));
  const large = Array.from({ length: 8 }, (_, index) => centre.come(`remote${index + 1}`));
  const much = Buffer.alloc(2 * 1024 * 1024);
  for (const { input } of large) {
    await taken(input, much);
    // Which is read only when there is a place.
    await taken(input, Buffer.from("x"));
  }
  const ninth = centre.come("remote9", { workMs: 50 });
  ninth.input.end(bundle(1));
  await expect(ninth.done).rejects.toMatchObject(busy);
  large[0]!.input.end();
  await expect(large[0]!.done).rejects.toMatchObject({ kind: "refused" });
  slow.input.end();
  await expect(slow.done).rejects.toMatchObject({ kind: "refused" });
  for (const { input, done } of large) {
    input.end();
    await expect(done).rejects.toMatchObject({ kind: "refused" });
  }
});

test("silence ends it, and so does a body that never ends", async () => {
  await using centre = await openCentre();
  const late = { code: "link-timeout", kind: "transient" };
  const silent = centre.come("remote1", { silenceMs: 50 });
  await expect(silent.done).rejects.toMatchObject(late);
  const endless = centre.come("remote1", { wholeMs: 300 });
  const drip = setInterval(() => endless.input.writable && endless.input.write("x"), 10);
  await expect(endless.done).rejects.toMatchObject(late);
  await expect(endless.done).rejects.toThrow("no end of stdin in 0.3 s");
  clearInterval(drip);
  const well = centre.come("remote1");
  well.input.end(bundle(1));
  expect(await well.done).toBeNull();
});
