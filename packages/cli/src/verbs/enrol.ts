// siteferry enrol: the line that the other side's `init` or `keygen` printed, into the files of this one.

import { dirname } from "node:path";
import { changedLines, parseSettings } from "@siteferry/agent";
import { addSigner, parseRevokedKeys } from "@siteferry/bundle";
import { FerryError, parseSiteId, printable, type SiteId } from "@siteferry/model";
import { nodeFiles } from "@siteferry/spool";
import { isTerminal, openQuestions } from "../questions.ts";
import { readOrEmpty, replaceFile } from "../replace-file.ts";

export interface EnrolOptions {
  /** At a site: the centre whose key it is. */
  readonly centre?: string;
  readonly config?: string;
  readonly prefix?: string;
  readonly contacts?: string;
  readonly token?: string;
  readonly yes: boolean;
}

interface Change {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

const centreConfig = "/etc/siteferry/receiver.yaml";

/** @param words SITE and its key's line; with `centre` the line alone. */
export async function runEnrol(words: readonly string[], options: EnrolOptions): Promise<number> {
  const { centre } = options;
  const [name = "", ...line] = centre === undefined ? words : [centre, ...words];
  const id = parseSiteId(name);
  if (name !== "" && id === null) {
    const problem = `${printable(name)} is no id: small letters, digits and hyphens`;
    throw new FerryError("usage-wrong", problem);
  }
  if (line.length > 0 && /^(?:ssh-(?!ed25519)|ecdsa-|sk-)/.test(line.join(" "))) {
    const advice = "siteferry keygen makes one, or ssh-keygen -t ed25519 -N ''.";
    throw new FerryError("key-unusable", "siteferry's keys are Ed25519: ssh-ed25519 …", { advice });
  }
  if (id === null || line.length === 0) {
    throw new FerryError(
      "usage-wrong",
      "Write: siteferry enrol SITE 'ssh-ed25519 …', or at a site: siteferry enrol --centre CENTRE 'ssh-ed25519 …'",
    );
  }
  const key = line.join(" ");
  const isAtSite = centre !== undefined;
  const changes = await (isAtSite
    ? changesAtSite(id, key, options)
    : changesAtCentre(id, key, options));
  const refused = isAtSite ? [] : await refusedBefore(id, options);
  return await write(changes, options.yes, nextSteps(id, isAtSite, refused));
}

async function changesAtCentre(
  site: SiteId,
  key: string,
  { config = centreConfig, prefix, contacts, token }: EnrolOptions,
): Promise<readonly Change[]> {
  const { receiverSchema, withSite } = await import("@siteferry/receiver");
  const text = await readExisting(config);
  const { allowedSigners, revokedKeys } = parseSettings(text, config, receiverSchema);
  const list = await readOrEmpty(allowedSigners);
  const gone = revokedKeys === undefined ? "" : await readExisting(revokedKeys);
  const revoked = parseRevokedKeys(gone, revokedKeys ?? "");
  const newSite = {
    site,
    prefix: prefix ?? `${site}-`,
    contacts: (contacts ?? "").split(",").filter((contact) => contact !== ""),
    token: token ?? null,
  };
  // The key first: without its site it does nothing.
  return [
    {
      path: allowedSigners,
      before: list,
      after: addSigner(list, allowedSigners, site, key, revoked),
    },
    { path: config, before: text, after: withSite(text, config, newSite) },
  ];
}

/** The ids of what the site sent too early, as far as this user may see it. */
async function refusedBefore(
  site: SiteId,
  { config = centreConfig }: EnrolOptions,
): Promise<readonly string[]> {
  const { readQuarantine, receiverSchema, worthReleasing } = await import("@siteferry/receiver");
  const settings = parseSettings(await readExisting(config), config, receiverSchema);
  const all = await readQuarantine(nodeFiles, settings).catch(() => []);
  return worthReleasing(all, site).map(({ id }) => id);
}

async function changesAtSite(
  centre: SiteId,
  key: string,
  { config = "/etc/siteferry/sender.yaml" }: EnrolOptions,
): Promise<readonly Change[]> {
  const { withCentreKey, withCentreKeys } = await import("@siteferry/sender");
  const text = await readExisting(config);
  const { settings, listPath } = withCentreKeys(text, config, centre);
  const list = await readOrEmpty(listPath);
  return [
    { path: listPath, before: list, after: withCentreKey(list, listPath, centre, key) },
    { path: config, before: text, after: settings },
  ];
}

async function readExisting(path: string): Promise<string> {
  if ((await nodeFiles.status(path)) !== null) return await readOrEmpty(path);
  throw new FerryError(
    "file-missing",
    `${printable(path)} doesn't exist: siteferry init makes one`,
  );
}

async function write(changes: readonly Change[], yes: boolean, next: string): Promise<number> {
  const real = changes.filter(({ before, after }) => before !== after);
  if (real.length === 0) {
    process.stdout.write("All of it is there already; nothing was changed.\n");
    return 0;
  }
  for (const { path, before, after } of real) {
    const lines = changedLines(before, after).map((one) => printable(one, 400));
    process.stdout.write(`${path}:\n${lines.join("\n")}\n\n`);
  }
  await using questions = openQuestions(isTerminal() && !yes);
  if (!(await questions.confirm("Write this?"))) {
    process.stdout.write("Nothing was changed.\n");
    return 1;
  }
  for (const { path, before, after } of real) {
    await nodeFiles.makeDirectory(dirname(path), 0o750);
    await replaceFile(path, before, after);
  }
  process.stdout.write(next);
  return 0;
}

/** @param refused ids in the quarantine */
function nextSteps(id: SiteId, isAtSite: boolean, refused: readonly string[]): string {
  if (isAtSite) {
    return "Written. A daemon reads it when it starts: restart it. Whether all is well: siteferry doctor sender\n";
  }
  const releases = refused.map((one) => `\n  siteferry quarantine release ${one}`).join("");
  const before =
    releases === "" ? "" : `Then, as ${id} has sent something that was refused:${releases}\n`;
  return `Written. A daemon reads its sites when it starts: restart it.\n${before}When ${id} has sent something:\n  siteferry status; siteferry config diff; siteferry config approve ${id}\n`;
}
