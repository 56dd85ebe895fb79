// A machine for tests of checks: what is there is said, all else works.

import type { Entry, Probes } from "./probes.ts";

export interface PretendedEntry extends Partial<Entry> {
  /** What this user may not. */
  readonly denied?: readonly ("read" | "write" | "enter")[];
}

const day = 86_400_000;

/** `entries` by path: a file of this user, mode 0600, where nothing else is said. */
export function pretendedProbes(
  entries: Readonly<Record<string, PretendedEntry>>,
  changed: Partial<Probes> = {},
): Probes {
  const plain: Entry = {
    kind: "file",
    mode: 0o600,
    user: 7,
    group: 7,
    device: 1,
    modifiedMs: 0,
    sizeBytes: 1,
  };
  return {
    user: { id: 7, name: "ferry" },
    environment: {},
    look: async (path) => (entries[path] === undefined ? null : { ...plain, ...entries[path] }),
    may: async (path, what) =>
      entries[path] !== undefined && entries[path].denied?.includes(what) !== true,
    account: async (name) => (name === "nobody-there" ? null : { id: 7, groups: [7] }),
    async head() {
      throw Object.assign(new Error("none"), { code: "ENOENT" });
    },
    userName: async (id) => (id === 7 ? "ferry" : `user${id}`),
    space: async () => ({ bytes: 0.5, files: 0.5 }),
    tryDirectory: async () => [],
    findProgram: async () => "everywhere",
    certificate: async () => ({ validFromMs: 0, validToMs: 9e12, subject: "central" }),
    listen: async () => "free",
    ...changed,
  };
}

/** A certificate that is valid from so many days ago until so many days from then. */
export function pretendedCertificate(
  nowMs: number,
  from: number,
  to: number,
): { validFromMs: number; validToMs: number; subject: string } {
  return { validFromMs: nowMs + from * day, validToMs: nowMs + to * day, subject: "CN\u001b=x" };
}
