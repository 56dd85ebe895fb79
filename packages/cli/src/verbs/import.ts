// siteferry import

import { resolve } from "node:path";
import { openLog, openProgress, readSettings } from "@siteferry/agent";
import { exitCodes, FerryError, printable } from "@siteferry/model";
import { importFrom, receiverSchema } from "@siteferry/receiver";
import { nodeFiles } from "@siteferry/spool";
import { printStick, type StickOptions } from "./export.ts";

/** Exit status: 75 if something may be taken another time, 76 if something was refused. */
export async function runImport(
  directory: string,
  { config, json, logLevel, quiet }: StickOptions,
): Promise<number> {
  const settings = await readSettings(nodeFiles, config, receiverSchema);
  if ((await nodeFiles.status(directory)) === null) {
    throw new FerryError("file-missing", `${printable(directory, 400)} doesn't exist`);
  }
  using progress = openProgress(!quiet);
  const log = await openLog({ name: "receiver", level: logLevel, progress });
  const imported = await importFrom(settings, log, resolve(directory), progress);
  progress?.hide();
  const { taken, refused, failed, overtaken, left } = imported;
  const wrong = [
    ...[...refused, ...failed].map(({ name, code, message }) => `${name}  ${code}: ${message}`),
    ...(left > 0
      ? [`There was no room for ${left}: import again after the receiver's next run.`]
      : []),
  ];
  const lines = [
    ...taken.map((name) => `${name}  taken`),
    ...wrong,
    ...(overtaken > 0 ? [`Newer ones have overtaken ${overtaken}.`] : []),
    taken.length + wrong.length + overtaken === 0
      ? `There are no bundles in ${printable(directory, 400)}.`
      : `Took ${taken.length} bundles, refused ${refused.length}; the receiver's next run applies them.`,
  ];
  printStick(json ? [JSON.stringify(imported, null, 2)] : quiet ? wrong : lines);
  return failed.length > 0 || left > 0
    ? exitCodes.transient
    : refused.length > 0
      ? exitCodes.refused
      : 0;
}
