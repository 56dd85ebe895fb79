// index.json: what lies in an outbox that a web server hands out. The sender writes it, the centre
// reads it, and believes nothing of it but what to ask for.

import { FerryError, limits, parseBundleName } from "@siteferry/model";

/** A file of the outbox. */
export interface IndexEntry {
  /** A bundle's name: safe in a path. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
}

export const indexName = "index.json";
/** Room for a thousand files, where three are usual. */
export const indexBytesMax: number = 256 * 1024;

export function formatIndex(bundles: readonly IndexEntry[]): Uint8Array {
  const index = {
    siteferry: 1,
    bundles: bundles.map(({ name, sizeBytes, sha256 }) => ({ name, sizeBytes, sha256 })),
  };
  return Buffer.from(`${JSON.stringify(index, null, 2)}\n`);
}

/** `where` is for the message. @throws FerryError `link-protocol` if it is no index. */
export function parseIndex(content: Uint8Array, where: string): readonly IndexEntry[] {
  try {
    const index: unknown = JSON.parse(Buffer.from(content).toString("utf8"));
    if (isRecord(index) && index["siteferry"] === 1 && Array.isArray(index["bundles"])) {
      const bundles: readonly unknown[] = index["bundles"];
      if (bundles.every(isEntry)) return bundles;
    }
  } catch (cause) {
    throw new FerryError("link-protocol", `${where} isn't JSON`, { cause });
  }
  throw new FerryError("link-protocol", `${where} isn't the index of an outbox`);
}

function isEntry(entry: unknown): entry is IndexEntry {
  if (!isRecord(entry)) return false;
  const { name, sizeBytes, sha256 } = entry;
  return (
    typeof name === "string" &&
    parseBundleName(name) !== null &&
    Number.isSafeInteger(sizeBytes) &&
    Number(sizeBytes) >= 0 &&
    Number(sizeBytes) <= limits.bundleBytesMax &&
    typeof sha256 === "string" &&
    /^[0-9a-f]{64}$/.test(sha256)
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
