// The key that signs: there, its user's alone, and one that siteferry can use.

import { type Check, ok, readKey, secretFileFault } from "@siteferry/agent";
import { loadSigner } from "@siteferry/bundle";
import type { SenderSubject } from "./subject.ts";

export const signingKey: Check<SenderSubject> = {
  name: "key",
  async run({ settings: { key, site }, probes, world }) {
    const make = `siteferry keygen ${key} -C ${site}, as this user; then its line belongs to the centre: siteferry enrol`;
    const fault = await secretFileFault(probes, key, make);
    if (fault !== null) return [fault];
    const { keyId } = await loadSigner(await readKey(world.files, key), key);
    return [ok(`${key} signs, as ${keyId}`)];
  },
};
