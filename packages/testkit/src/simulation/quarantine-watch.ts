// Judges every refusal at the moment it is made, by the file itself as it lies in the quarantine.

import { dirname } from "node:path";
import type { BundleHeader } from "@siteferry/bundle";
import { limits, type RefusalCode, type SiteId } from "@siteferry/model";
import type { QuarantineNote } from "@siteferry/spool";
import { receiverSpool } from "./agents.ts";
import type { Inode } from "./disk.ts";
import type { Machine } from "./machine.ts";
import { peekRecord } from "./mirror.ts";
import { isJust } from "./refusals.ts";
import { contentHash, type Witness } from "./witness.ts";

const quarantine = `${receiverSpool}/quarantine`;
const inbox = `${receiverSpool}/inbox`;

export class QuarantineWatch {
  readonly #centre: Machine;
  readonly #witness: Witness;
  readonly #seen = new Set<string>();
  /** By the path: the content. */
  readonly #lying = new Map<string, Uint8Array>();
  /** By the hash of the file: how often a run ended while it was opened. */
  readonly #interruptions = new Map<string, number>();

  constructor(centre: Machine, witness: Witness) {
    this.#centre = centre;
    this.#witness = witness;
  }

  /** What is new since the last look; `keyLost`: whose line is missing in allowed_signers. Returns honest files. */
  look(keyLost: SiteId | null): readonly { code: RefusalCode; header: BundleHeader }[] {
    const files = this.#centre.disk.filesBelow(quarantine);
    this.#noticeDropped(files);
    const honest: { code: RefusalCode; header: BundleHeader }[] = [];
    for (const [path, { content }] of files) {
      if (path.endsWith(".reason")) continue;
      this.#lying.set(path, content);
      if (this.#seen.has(path)) continue;
      this.#seen.add(path);
      const note = noteOf(files.get(`${path}.reason`));
      const header = note === null ? null : this.#judge(note, content, keyLost);
      if (note === null) this.#witness.wrong.push(`${path} lies there without a reason`);
      else if (header !== null) honest.push({ code: note.code as RefusalCode, header });
    }
    return honest;
  }

  /** A full quarantine drops its oldest file, and no other. */
  #noticeDropped(files: ReadonlyMap<string, Inode>): void {
    for (const [path, content] of this.#lying) {
      if (files.has(path)) continue;
      this.#lying.delete(path);
      const others = [...files.keys()].filter(
        (other) => dirname(other) === dirname(path) && !other.endsWith(".reason"),
      );
      const isOldest = others.every((other) => path < other);
      if (isOldest && others.length >= limits.quarantineFilesMax) this.#witness.dropped(content);
    }
  }

  /** Names that weren't durable come and go, each for itself. */
  afterPowerCut(): void {
    const files = this.#centre.disk.filesBelow(quarantine);
    for (const path of files.keys()) if (!files.has(`${path}.reason`)) this.#seen.add(path);
  }

  /** What is marked in the inbox now, also by a power cut, counts as what the run was opening. */
  afterBrokenRun(): void {
    for (const [path, { content }] of this.#centre.disk.filesBelow(inbox)) {
      if (!/~\d+$/.test(path)) continue;
      const hash = contentHash(content);
      this.#interruptions.set(hash, (this.#interruptions.get(hash) ?? 0) + 1);
    }
  }

  #judge(note: QuarantineNote, content: Uint8Array, keyLost: SiteId | null): BundleHeader | null {
    const { wrong } = this.#witness;
    const origin = this.#witness.originOf(content);
    if (origin === null) {
      wrong.push(`${note.name} was refused (${note.code}), and nobody ever sent such a file`);
      return null;
    }
    const header = origin.kind === "honest" ? origin.header : null;
    const record = header === null ? null : peekRecord(this.#centre.disk, header.site);
    const just = isJust(note.code as RefusalCode, origin, {
      nowMs: this.#centre.nowMs(),
      keyLost: header?.site === keyLost,
      interruptions: this.#interruptions.get(contentHash(content)) ?? 0,
      epochs: header === null ? 0 : this.#witness.epochsOf(header.site),
      mark: record?.mark ?? null,
      keyframe: record?.keyframe ?? null,
    });
    if (!just) {
      const why = `which is no reason for ${article[origin.kind]}`;
      wrong.push(`${note.name} was refused as ${note.code}, ${why}: ${note.message}`);
    }
    return header;
  }
}

const article = {
  honest: "a file that came as it was sealed",
  damaged: "a damaged copy",
  forged: "a forgery",
} as const;

function noteOf(file: Inode | undefined): QuarantineNote | null {
  return file === undefined
    ? null
    : (JSON.parse(Buffer.from(file.content).toString()) as QuarantineNote);
}
