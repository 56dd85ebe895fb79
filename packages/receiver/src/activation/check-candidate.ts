// The core's own check of a generation that isn't live: on a copy of its main configuration that names
// the generation in place of the live one. The copy lies in the spool and goes afterwards.

import { candidateConfiguration, type GenerationId, type ShadowDirectory } from "@siteferry/apply";
import { type FileSystem, printable } from "@siteferry/model";
import type { OpenTarget } from "./target.ts";

/** Of what the core says, as much as a log line bears. */
const reasonCharactersMax = 600;

/** Null: the core would start with it. Else what the core says. Without a core to ask it is null. */
export async function checkCandidate(
  { world, core, settings, generations, directory, main }: OpenTarget,
  generation: GenerationId,
  withinMs: number,
): Promise<string | null> {
  // Before anything goes live with it: what can't be read again can't be seen live either.
  if ((await generations.read(generation)) === null) return "its files can't be read: too large?";
  if (main === null) return null;
  const { check, config, timeout } = main.activate;
  const { files } = world;
  const at = `${directory}/candidate`;
  await removeTree(files, at);
  const { text, shadows } = candidateConfiguration(main.text, {
    mainFile: config,
    directory: settings.dir,
    at,
  });
  await files.makeDirectory(at, 0o700);
  try {
    for (const [name, shadow] of shadows) {
      await makeShadow(files, `${at}/${name}`, shadow, generations.pathOf(generation));
    }
    await files.writeNew(`${at}/main.cfg`, Buffer.from(text), 0o600);
    const command = check.map((word) => word.replaceAll("{config}", `${at}/main.cfg`));
    world.progress?.begin("The core checks the objects");
    const deadlineMs = Math.min(timeout, withinMs);
    const { status, output } = await core.run(command, deadlineMs);
    if (status === 0) return null;
    const how = status === null ? `didn't end in ${deadlineMs / 1000} s` : `status ${status}`;
    const names = [...shadows].map(([name, { of }]) => [`${at}/${name}/`, `${of}/`] as const);
    const said = complaintIn(output, [...names, [`${at}/main.cfg`, config], [`${at}/`, ""]]);
    return `${printable(check.join(" "), 120)}: ${how}: ${said}`;
  } finally {
    await removeTree(files, at);
  }
}

/** Links to all that lies beside the object directory, or to the generation in its place. */
async function makeShadow(
  files: FileSystem,
  path: string,
  { of, through }: ShadowDirectory,
  generation: string,
): Promise<void> {
  if (through === null) {
    await files.symlink(generation, path);
    return;
  }
  await files.makeDirectory(path, 0o700);
  for (const name of await files.list(of)) {
    if (name !== through && !name.startsWith("."))
      await files.symlink(`${of}/${name}`, `${path}/${name}`);
  }
}

/** The lines with errors, of the many that Nagios prints; with the paths that an operator knows. */
function complaintIn(output: string, names: readonly (readonly [string, string])[]): string {
  const renamed = names.reduce((text, [path, real]) => text.replaceAll(path, real), output);
  const lines = renamed
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const errors = lines.filter((line) => /^(error|warning: duplicate)/i.test(line));
  const said = errors.length > 0 ? errors : lines.slice(-5);
  return printable(said.join(" / "), reasonCharactersMax);
}

/** Of what {@link checkCandidate} makes: links and files, at most two directories deep below `path`. */
async function removeTree(files: FileSystem, path: string): Promise<void> {
  const status = await files.status(path);
  if (status === null) return;
  if (status.kind !== "directory") {
    await files.unlink(path);
    return;
  }
  for (const name of await files.list(path)) await removeTree(files, `${path}/${name}`);
  await files.removeDirectory(path);
}
