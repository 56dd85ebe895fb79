// What the executable is made of, as CycloneDX: the libraries that are in it, and Node with its own parts.

import { createHash } from "node:crypto";
import type { Library } from "./libraries.ts";

export interface BillOptions {
  readonly version: string;
  /** Seconds since 1970. */
  readonly epoch: number;
}

/** JSON. The same for the same materials: its serial number is made of them. */
export function billOfMaterials(
  libraries: readonly Library[],
  { version, epoch }: BillOptions,
): string {
  const components = [nodeComponent(), ...libraries.map(libraryComponent)];
  const hash = createHash("sha256")
    .update(JSON.stringify([version, components]))
    .digest("hex");
  const serial = [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `5${hash.slice(13, 16)}`,
    `8${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ];
  const bill = {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    serialNumber: `urn:uuid:${serial.join("-")}`,
    version: 1,
    metadata: {
      timestamp: new Date(epoch * 1000).toISOString(),
      component: {
        type: "application",
        name: "siteferry",
        version,
        licenses: [{ license: { id: "MIT" } }],
      },
    },
    components,
  };
  return `${JSON.stringify(bill, null, 2)}\n`;
}

function libraryComponent({ name, version, license, integrity }: Library): object {
  return {
    type: "library",
    name,
    version,
    purl: `pkg:npm/${name.replace(/^@/, "%40")}@${version}`,
    licenses: [{ expression: license }],
    hashes: [{ alg: "SHA-512", content: Buffer.from(integrity, "base64").toString("hex") }],
  };
}

function nodeComponent(): object {
  const { node, ...parts } = process.versions;
  const inside = Object.entries(parts).filter(([, version]) => version !== undefined);
  return {
    type: "platform",
    name: "node",
    version: node,
    purl: `pkg:generic/node@${node}`,
    licenses: [{ license: { id: "MIT" } }],
    components: inside.map(([name, version]) => ({ type: "library", name, version })),
  };
}
