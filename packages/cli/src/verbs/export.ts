// siteferry export

import { resolve } from "node:path";
import { type LogLevel, openLog, readSettings } from "@siteferry/agent";
import { exitCodes } from "@siteferry/model";
import { exportTo, senderSchema } from "@siteferry/sender";
import { nodeFiles } from "@siteferry/spool";

export interface StickOptions {
  readonly config: string;
  readonly json: boolean;
  readonly logLevel: LogLevel;
}

/** Exit status: 75 if not all could be written. */
export async function runExport(
  directory: string,
  { config, json, logLevel }: StickOptions,
): Promise<number> {
  const settings = await readSettings(nodeFiles, config, senderSchema);
  const log = await openLog({ name: "sender", level: logLevel });
  const exported = await exportTo(settings, log, resolve(directory));
  const { sealed, missing } = exported;
  const written = sealed.filter(({ name }) => !missing.includes(name));
  const lines = [
    ...written.map(({ name, rows, sizeBytes }) => `${name}  ${rows} rows, ${sizeBytes} bytes`),
    ...missing.map((name) => `${name}  could not be written`),
    `Wrote ${written.length} of ${sealed.length} bundles of ${settings.site} for ${settings.centre}.`,
  ];
  process.stdout.write(`${json ? JSON.stringify(exported, null, 2) : lines.join("\n")}\n`);
  return missing.length > 0 ? exitCodes.transient : 0;
}
