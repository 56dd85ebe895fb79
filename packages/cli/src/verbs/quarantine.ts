// siteferry quarantine list | show | release | drop

import { readSettings } from "@siteferry/agent";
import { FerryError } from "@siteferry/model";
import {
  readQuarantine,
  receiverSchema,
  type ReceiverSettings,
  release,
} from "@siteferry/receiver";
import { dropFromQuarantine, nodeFiles, type QuarantinedFile } from "@siteferry/spool";
import { runInspect } from "./inspect.ts";

export interface QuarantineOptions {
  readonly config: string;
  readonly json?: boolean;
}

export async function listRefused({ config, json }: QuarantineOptions): Promise<void> {
  const { files } = await open(config);
  if (json === true) {
    process.stdout.write(`${JSON.stringify(files, null, 2)}\n`);
    return;
  }
  for (const { id, sizeBytes, note } of files) {
    process.stdout.write(
      `${id}  ${note.refusedAt}  ${sizeBytes} bytes  ${note.code} (${note.number})\n`,
    );
    process.stdout.write(`    ${note.name}: ${note.message}\n`);
  }
  process.stdout.write(
    files.length === 0
      ? "Nothing was refused.\n"
      : "\nsiteferry quarantine show ID: what one holds; siteferry explain CODE: what to do.\n",
  );
}

/** Exit status: that of `inspect`. */
export async function showRefused(id: string, { config }: QuarantineOptions): Promise<number> {
  const { settings, files } = await open(config);
  const { path, note } = find(files, id);
  process.stdout.write(`Refused at ${note.refusedAt}: ${note.message}\n`);
  process.stdout.write(`  ${note.code} (${note.number}), ${note.name}\n`);
  process.stdout.write(`  What to do: siteferry explain ${note.code}\n\n`);
  const { allowedSigners, centre, identity, revokedKeys } = settings;
  const more = {
    ...(identity !== undefined && { identity }),
    ...(revokedKeys !== undefined && { revokedKeys }),
  };
  return await runInspect(path, { allowedSigners, centre, rows: 3, json: false, ...more });
}

export async function releaseRefused(id: string, { config }: QuarantineOptions): Promise<void> {
  const { settings, files } = await open(config);
  const file = find(files, id);
  await release(nodeFiles, settings, file);
  process.stdout.write(`${file.id} will be judged again in the receiver's next run.\n`);
}

export async function dropRefused(id: string, { config }: QuarantineOptions): Promise<void> {
  const { files } = await open(config);
  const dropped = id === "all" ? files : [find(files, id)];
  for (const file of dropped) await dropFromQuarantine(nodeFiles, file);
  process.stdout.write(`Dropped ${dropped.length}.\n`);
}

async function open(
  config: string,
): Promise<{ settings: ReceiverSettings; files: readonly QuarantinedFile[] }> {
  const settings = await readSettings(nodeFiles, config, receiverSchema);
  return { settings, files: await readQuarantine(nodeFiles, settings) };
}

function find(files: readonly QuarantinedFile[], id: string): QuarantinedFile {
  const found = files.find((file) => file.id === id);
  if (found !== undefined) return found;
  throw new FerryError(
    "file-missing",
    `There is no "${id}" in the quarantine: siteferry quarantine list`,
  );
}
