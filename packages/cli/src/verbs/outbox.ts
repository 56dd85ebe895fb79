// siteferry outbox

import { readSettings } from "@siteferry/agent";
import { printable } from "@siteferry/model";
import { type BundleOnLink, readOutbox, senderSchema, type WaitingBundle } from "@siteferry/sender";
import { nodeFiles } from "@siteferry/spool";

export interface OutboxOptions {
  readonly config: string;
  readonly json: boolean;
}

/** Prints what waits for its transports, and why. */
export async function runOutbox({ config, json }: OutboxOptions): Promise<void> {
  const { spool, deliver } = await readSettings(nodeFiles, config, senderSchema);
  const waiting = await readOutbox(nodeFiles, `${spool}/sender`, deliver);
  const text = json ? JSON.stringify(waiting, null, 2) : describe(waiting);
  process.stdout.write(`${text}\n`);
}

function describe(waiting: readonly WaitingBundle[]): string {
  if (waiting.length === 0) return "Nothing waits.";
  return waiting
    .flatMap(({ name, sizeBytes, sinceMs, links }) => [
      `${name}  ${sizeBytes} bytes  since ${timeOf(sinceMs)}`,
      ...links.map((link) => `    ${describeLink(link)}`),
    ])
    .join("\n");
}

function describeLink({ link, state, failures, notBeforeMs, problem }: BundleOnLink): string {
  const why = problem === null ? "" : `: ${problem.code}: ${printable(problem.message, 300)}`;
  const shown = printable(link);
  if (state === "taken") return `${shown}  has it`;
  if (state === "refused") {
    const whose = problem?.code === "centre-refused" ? "the centre refused it" : "can't take it";
    return `${shown}  ${whose}${why}`;
  }
  if (failures === 0) return `${shown}  next`;
  const often = failures === 1 ? "once" : `${failures} times`;
  return `${shown}  failed ${often}; the next run tries again, a daemon from ${timeOf(notBeforeMs)} on${why}`;
}

function timeOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
