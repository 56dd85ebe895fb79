// siteferry keygen

import { generateAgeKey, generateKey } from "@siteferry/bundle";
import { FerryError, parseSiteId } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";

export async function runKeygen(file: string, { comment }: { comment: string }): Promise<void> {
  await refuseExisting(file, `${file}.pub`);
  const { privateKey, publicLine } = await generateKey(comment);
  await nodeFiles.writeNew(file, Buffer.from(privateKey), 0o600);
  await nodeFiles.writeNew(`${file}.pub`, Buffer.from(`${publicLine}\n`), 0o644);
  const site = parseSiteId(comment);
  process.stdout.write(
    `${file} signs. Add this line, if it is a site's, to allowed_signers at the centre; if it is the\n` +
      "centre's own, to the file of centreKeys at the sites",
  );
  process.stdout.write(site === null ? ", with the id in place of NAME:\n\n" : ":\n\n");
  process.stdout.write(`${site ?? "NAME"} namespaces="siteferry" ${publicLine}\n`);
}

/** A key of the centre's, as age-keygen makes one. */
export async function runAgeKeygen(file: string): Promise<void> {
  await refuseExisting(file);
  const { identityText, recipient } = await generateAgeKey();
  await nodeFiles.writeNew(file, Buffer.from(identityText), 0o600);
  process.stdout.write(`${file} decrypts: name it as identity in receiver.yaml.\n`);
  process.stdout.write(`At the site, write into sender.yaml:\n\nencryptTo: [${recipient}]\n`);
}

async function refuseExisting(...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if ((await nodeFiles.status(path)) === null) continue;
    throw new FerryError("key-unusable", `${path} exists, and a key is never overwritten`, {
      advice: "siteferry init makes keys, too: is this one in use already? Else name another file.",
    });
  }
}
