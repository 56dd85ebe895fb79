// A bundle is readable without siteferry: OpenSSH verifies its signature, age, zstd and tar list and
// show what is inside.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  generateAgeKey,
  generateKey,
  loadSigner,
  memberWriter,
  parseAgeIdentities,
  parseAllowedSigners,
  seal,
  unpack,
  verify,
  type SealOptions,
} from "@siteferry/bundle";
import { hostStateTable, serviceStateTable, type Cells, type SiteId } from "@siteferry/model";
import { afterAll, expect, test } from "vitest";

const headerBytes = 384;
const payloadOffset = headerBytes + 179;
const directory = mkdtempSync(join(tmpdir(), "siteferry-stock-tools-"));
const vectors = new URL("vectors/", import.meta.url);
const bundle = readFileSync(new URL("keyframe.ferry", vectors));
const allowedSigners = new URL("allowed_signers", vectors).pathname;

afterAll(() => rmSync(directory, { recursive: true }));

/** False where a tool is missing, and says so; never under CI, where the test then fails. */
function has(tool: string): boolean {
  if (process.env["CI"] === "true" || spawnSync("which", [tool]).status === 0) return true;
  process.stderr.write(`left out: tests that need ${tool}, which isn't installed\n`);
  return false;
}

/** What a tool prints; throws if it fails. */
function output(
  tool: string,
  options: readonly string[],
  input: Uint8Array = Buffer.alloc(0),
): Buffer {
  return execFileSync(tool, options, { input, maxBuffer: 2 ** 26 });
}

function armoured(signature: Uint8Array): string {
  const lines =
    Buffer.from(signature)
      .toString("base64")
      .match(/.{1,70}/g) ?? [];
  return ["-----BEGIN SSH SIGNATURE-----", ...lines, "-----END SSH SIGNATURE-----", ""].join("\n");
}

function sshKeygenVerify(bytes: Buffer, signers: string, site: string): string {
  const signature = join(directory, "signature");
  writeFileSync(signature, armoured(bytes.subarray(headerBytes, payloadOffset)));
  const options = ["-Y", "verify", "-f", signers, "-I", site, "-n", "siteferry", "-s", signature];
  const tool = "ssh-keygen";
  const result = spawnSync(tool, options, { input: bytes.subarray(0, headerBytes) });
  return result.stdout.toString() + result.stderr.toString();
}

test.runIf(has("ssh-keygen"))(
  "ssh-keygen accepts the signature over the header, and no other",
  () => {
    expect(sshKeygenVerify(bundle, allowedSigners, "remote1")).toContain(
      'Good "siteferry" signature',
    );
    const changed = Buffer.from(bundle);
    changed[95]! ^= 1;
    expect(sshKeygenVerify(changed, allowedSigners, "remote1")).not.toContain("Good");
    expect(sshKeygenVerify(bundle, allowedSigners, "remote2")).not.toContain("Good");
  },
);

test.runIf(has("ssh-keygen"))(
  "a key of ssh-keygen seals, its allowed_signers line opens",
  async () => {
    const file = join(directory, "id");
    output("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "a key", "-f", file]);
    const signer = await loadSigner(readFileSync(file, "utf8"), file);
    expect(output("ssh-keygen", ["-l", "-f", file]).toString()).toContain(signer.keyId);
    const sealed = await sealOne(signer);
    const line = `remote1 ${readFileSync(`${file}.pub`, "utf8")}`;
    const trust = { centre, signers: parseAllowedSigners(line, "signers"), nowMs: 1 };
    await expect(verify(sealed, trust).then(unpack)).resolves.toMatchObject({ rows: 0 });
  },
);

test.runIf(has("ssh-keygen"))("ssh-keygen reads a key of siteferry", async () => {
  const { privateKey, publicLine } = await generateKey("made here");
  const file = join(directory, "made");
  writeFileSync(file, privateKey, { mode: 0o600 });
  expect(output("ssh-keygen", ["-y", "-f", file]).toString().trim()).toBe(publicLine);
});

test.runIf(has("zstd"))("zstd and tar show what leaves the site", () => {
  const archive = output("zstd", ["-dc"], bundle.subarray(payloadOffset));
  expect(output("tar", ["-t"], archive).toString().trim().split("\n")).toEqual([
    "manifest.json",
    "host_states.ndjson",
    "service_states.ndjson",
  ]);
  const rows = output("tar", ["-xO", "service_states.ndjson"], archive).toString();
  expect(rows).toContain("Überwachung 🚢");
});

test.runIf(has("zstd"))(
  "zstd reads a payload that is stored because it shrinks too much",
  async () => {
    const trace = "Traceback\n".repeat(1000);
    const rows = Array.from({ length: 500 }, (_, index): Cells => [`host ${index}`, trace]);
    const sealed = await sealOne(undefined, rows);
    const archive = output("zstd", ["-dc"], sealed.subarray(payloadOffset));
    expect(archive.length).toBeGreaterThan(500 * trace.length);
  },
);

test.runIf(has("age"))("the stock age decrypts with a key of siteferry", async () => {
  const { identityText, recipient } = await generateAgeKey();
  const file = join(directory, "age-made");
  writeFileSync(file, identityText, { mode: 0o600 });
  expect(output("age-keygen", ["-y", file]).toString().trim()).toBe(recipient);
  const sealed = await sealOne(undefined, [["web1"]], { recipients: [recipient] });
  const frame = output("age", ["-d", "-i", file], sealed.subarray(payloadOffset));
  const archive = output("zstd", ["-dc"], frame);
  expect(output("tar", ["-xO", "host_states.ndjson"], archive).toString()).toContain('["web1"]');
});

test.runIf(has("age"))(
  "a key of the stock age-keygen opens, and so does a second one",
  async () => {
    const file = join(directory, "age-key");
    output("age-keygen", ["-o", file]);
    const recipient = output("age-keygen", ["-y", file]).toString().trim();
    const recipients = [(await generateAgeKey()).recipient, recipient];
    const { privateKey, publicLine } = await generateKey("");
    const sealed = await sealOne(await loadSigner(privateKey, "key"), [], { recipients });
    const trust = { centre, signers: parseAllowedSigners(`remote1 ${publicLine}`, "s"), nowMs: 1 };
    const identities = parseAgeIdentities(readFileSync(file, "utf8"), file);
    const opened = unpack(await verify(sealed, trust), { identities, mustBeEncrypted: true });
    await expect(opened).resolves.toMatchObject({ rows: 0, header: { cipher: "age" } });
  },
);

const centre = "central" as SiteId;

async function sealOne(
  signer?: Awaited<ReturnType<typeof loadSigner>>,
  rows: readonly Cells[] = [],
  options: SealOptions = {},
): Promise<Uint8Array> {
  const hosts = memberWriter(hostStateTable);
  for (const cells of rows) hosts.add(cells);
  const members = [hosts.finish(), memberWriter(serviceStateTable).finish()];
  const source = { program_version: "", livestatus_version: "" };
  const identity = { site: "remote1" as SiteId, epoch: 1, sequence: 1, createdMs: 1, expiresMs: 0 };
  const key = signer ?? (await loadSigner((await generateKey("")).privateKey, "key"));
  const configurationHash = "0".repeat(64);
  return seal(
    { ...identity, kind: "keyframe", recipient: centre, configurationHash, source, members },
    key,
    options,
  );
}
