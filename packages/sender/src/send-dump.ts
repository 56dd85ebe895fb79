// The sender's narrative where a vendor's own commands dump the site: run them, seal what they printed,
// publish it to the outbox. It takes the place of reading a core through Livestatus.

import { runCommand } from "@siteferry/agent";
import { dumpHash, readHeader, seal, textMember } from "@siteferry/bundle";
import { FerryError, formatBundleName, limits, printable } from "@siteferry/model";
import { type SenderMemory, loadMemory, saveMemory } from "./numbering.ts";
import { dropSuperseded, listOutbox, publishToOutbox } from "./outbox.ts";
import { type PartMemory, travels, type Travelling } from "./plan-dump.ts";
import type { Collected, SealedBundle, Sender } from "./send.ts";
import type { ExecSettings } from "./settings.ts";

/** From the commands into the outbox. */
export async function collectDump(sender: Sender, exec: ExecSettings): Promise<Collected> {
  const { world, settings, spool, shipping } = sender;
  const { files, random, clock } = world;
  const dump = await readDump(sender, exec);

  const state = `${spool}/state`;
  const nowMs = clock.now();
  const memory = await loadMemory(files, state, nowMs, sender.life, random, settings);
  const travelling: Travelling = {
    nowMs,
    intervalMs: settings.keyframe,
    waiting: (await listOutbox(files, spool)).map(({ fileName }) => fileName),
    isCertain:
      sender.whole !== true && shipping.transports.every(({ bulk }) => bulk.traits.acknowledges),
  };
  const hashes = { config: dumpHash(dump.config), states: dumpHash(dump.states) };
  const has = {
    config: travels(hashes.config, memory.dump?.config, travelling),
    states: travels(hashes.states, memory.dump?.states, travelling),
  };

  const reserved = { ...memory, nextSequence: memory.nextSequence + 1 };
  await saveMemory(files, random, state, reserved);
  const parts = { config: has.config ? dump.config : "", states: has.states ? dump.states : "" };
  const sealed = await sealAndPublish(sender, memory, parts, hashes.config);
  const after = (part: "config" | "states"): PartMemory =>
    has[part] || memory.dump === undefined
      ? { hash: hashes[part], sentAtMs: nowMs, carriedBy: sealed.name }
      : memory.dump[part];
  const kept = { config: after("config"), states: after("states") };
  await saveMemory(files, random, state, { ...reserved, dump: kept });
  return {
    sealed: [sealed],
    rowsRefused: dump.linesRefused,
    eventsLeftOut: 0,
    eventsUnread: 0,
    repeated: 0,
    superseded: await dropSuperseded(files, spool),
  };
}

interface Dump {
  readonly config: string;
  readonly states: string;
  readonly linesRefused: number;
}

async function readDump(sender: Sender, exec: ExecSettings): Promise<Dump> {
  const run = sender.runCommand ?? runCommand;
  const options = { timeoutMs: exec.timeout, outputBytesMax: limits.dumpBytesMax };
  sender.world.progress?.begin("Running the site's dump commands");
  const config = exec.config.length === 0 ? "" : textOf(await run(exec.config, options));
  if (exec.config.length > 0 && config === "") {
    const command = printable(exec.config.join(" "));
    throw new FerryError("command-failed", `${command} ended with 0, and printed nothing`);
  }
  const { kept, refused } = withoutLongLines(textOf(await run(exec.states, options)));
  if (refused > 0) {
    const max = limits.recordBytesMax;
    sender.world.log.warn({ refused }, `${refused} states of over ${max} bytes were left out`);
  }
  return { config, states: kept, linesRefused: refused };
}

/** Valid UTF-8 whose last line ends, whatever plugins printed. */
function textOf(output: Uint8Array): string {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(output);
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

/** The centre would refuse the whole dump for one of them. */
function withoutLongLines(text: string): { kept: string; refused: number } {
  const lines = text.split("\n");
  const kept = lines.filter((line) => line.length <= limits.recordBytesMax);
  return { kept: kept.join("\n"), refused: lines.length - kept.length };
}

async function sealAndPublish(
  { world, settings, spool, signer }: Sender,
  memory: SenderMemory,
  { config, states }: Pick<Dump, "config" | "states">,
  configurationHash: string,
): Promise<SealedBundle> {
  const { files, random, clock } = world;
  const kind = "verbatim";
  const { site, centre } = settings;
  const identity = { site, epoch: memory.epoch, sequence: memory.nextSequence };
  const createdMs = clock.now();
  const members = [textMember("config.mk", config), textMember("states.txt", states)];
  const input = {
    ...identity,
    kind,
    recipient: centre,
    createdMs,
    expiresMs: createdMs + limits.bundleLifetimeMs,
    source: { program_version: "", livestatus_version: "" },
    configurationHash,
    members,
  } as const;
  const content = await seal(input, signer, { recipients: settings.encryptTo });
  const name = formatBundleName({ ...identity, kind });
  await publishToOutbox(files, random, spool, name, content);
  const { payloadHash } = readHeader(content).unverified;
  const rows = members.reduce((sum, member) => sum + member.rows, 0);
  return { name, kind, rows, sizeBytes: content.length, payloadHash };
}
