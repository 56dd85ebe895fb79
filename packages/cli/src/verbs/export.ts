// siteferry export

import { resolve } from "node:path";
import { openLog, openProgress, readSettings } from "@siteferry/agent";
import { exitCodes } from "@siteferry/model";
import { exportTo, senderSchema } from "@siteferry/sender";
import { nodeFiles } from "@siteferry/spool";
import type { WordsOptions } from "../agent-options.ts";

export interface StickOptions extends WordsOptions {
  readonly config: string;
  readonly json: boolean;
}

/** Exit status: 75 if not all could be written. */
export async function runExport(
  directory: string,
  { config, json, logLevel, quiet }: StickOptions,
): Promise<number> {
  const settings = await readSettings(nodeFiles, config, senderSchema);
  using progress = openProgress(!quiet);
  const log = await openLog({ name: "sender", level: logLevel, progress });
  const exported = await exportTo(settings, log, resolve(directory), progress);
  progress?.hide();
  const { sealed, missing } = exported;
  const written = sealed.filter(({ name }) => !missing.includes(name));
  const wrong = missing.map((name) => `${name}  could not be written`);
  const lines = [
    ...written.map(({ name, rows, sizeBytes }) => `${name}  ${rows} rows, ${sizeBytes} bytes`),
    ...wrong,
    `Wrote ${written.length} of ${sealed.length} bundles of ${settings.site} for ${settings.centre}.`,
  ];
  printStick(json ? [JSON.stringify(exported, null, 2)] : quiet ? wrong : lines);
  return missing.length > 0 ? exitCodes.transient : 0;
}

export function printStick(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
}
