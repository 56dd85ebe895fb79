// siteferry keygen

import { generateKey } from "@siteferry/bundle";
import { FerryError, systemCode } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";

export async function runKeygen(file: string, { comment }: { comment: string }): Promise<void> {
  const { privateKey, publicLine } = await generateKey(comment);
  try {
    await nodeFiles.writeNew(file, Buffer.from(privateKey), 0o600);
    await nodeFiles.writeNew(`${file}.pub`, Buffer.from(`${publicLine}\n`), 0o644);
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
    throw new FerryError("key-unusable", `${file} or its .pub exists; a key is never overwritten`);
  }
  process.stdout.write(`${file} signs. At the centre, add this line to allowed_signers:\n\n`);
  process.stdout.write(`${comment} namespaces="siteferry" ${publicLine}\n`);
}
