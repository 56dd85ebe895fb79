// siteferry import

import { resolve } from "node:path";
import { openLog, readSettings } from "@siteferry/agent";
import { exitCodes } from "@siteferry/model";
import { importFrom, receiverSchema } from "@siteferry/receiver";
import { nodeFiles } from "@siteferry/spool";
import type { StickOptions } from "./export.ts";

/** Exit status: 75 if something may be taken another time, 76 if something was refused. */
export async function runImport(
  directory: string,
  { config, json, logLevel }: StickOptions,
): Promise<number> {
  const settings = await readSettings(nodeFiles, config, receiverSchema);
  const log = await openLog({ name: "receiver", level: logLevel });
  const imported = await importFrom(settings, log, resolve(directory));
  const { taken, refused, failed, overtaken, left } = imported;
  const lines = [
    ...taken.map((name) => `${name}  taken`),
    ...[...refused, ...failed].map(({ name, code, message }) => `${name}  ${code}: ${message}`),
    `Took ${taken.length} bundles, refused ${refused.length}; the receiver's next run applies them.`,
    ...(overtaken > 0 ? [`Newer ones have overtaken ${overtaken}.`] : []),
    ...(left > 0
      ? [`There was no room for ${left}: import again after the receiver's next run.`]
      : []),
  ];
  process.stdout.write(`${json ? JSON.stringify(imported, null, 2) : lines.join("\n")}\n`);
  return failed.length > 0 || left > 0
    ? exitCodes.transient
    : refused.length > 0
      ? exitCodes.refused
      : 0;
}
