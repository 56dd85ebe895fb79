// How long the core itself takes within a run of the receiver: for its check, and from the word that
// makes it load its objects anew until it answers again.

import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Nagios } from "@siteferry/testkit/cores";

/** Milliseconds; null is what the core wasn't asked for. */
export interface CoreTimes {
  readonly checkMs: number | null;
  readonly reloadMs: number | null;
}

export interface TimedCore {
  /** Keys of `activate`: the commands as they are by default, but they note when they run. */
  readonly settings: string;
  /** What the core takes while `work` runs. */
  during<Result>(work: () => Promise<Result>): Promise<[result: Result, times: CoreTimes]>;
}

/** NAME PROGRAM …: runs it, and notes begin and end. */
const script = `name=$1; shift
date +%s%N >>"$0.$name"
"$@"; status=$?
date +%s%N >>"$0.$name"
exit $status
`;
const restart = `printf '[%s] RESTART_PROGRAM\\n' "$(date +%s)" >"$0"`;
const lookMs = 10;
const answerMsMax = 120_000;

/** Keeps files of its own in `directory`. */
export async function timeCore(
  nagios: Nagios,
  directory: string,
  signal: AbortSignal,
): Promise<TimedCore> {
  const path = `${directory}/timed.sh`;
  await writeFile(path, script);
  const timed = (...words: readonly string[]): string => JSON.stringify(["sh", path, ...words]);
  const check = timed("check", "nagios4", "-v", "{config}");
  const reload = timed("reload", "sh", "-c", restart, nagios.commandFile);
  return {
    settings: `check: ${check}, reload: ${reload}`,
    async during(work) {
      for (const name of ["check", "reload"]) await rm(`${path}.${name}`, { force: true });
      const ended = new AbortController();
      const reloaded = whenReloaded(nagios, `${path}.reload`, ended.signal, signal);
      reloaded.catch(() => {});
      try {
        const result = await work();
        const [begun, end] = await timesIn(`${path}.check`);
        const checkMs = begun === undefined || end === undefined ? null : end - begun;
        ended.abort();
        return [result, { checkMs, reloadMs: await reloaded }];
      } finally {
        ended.abort();
      }
    },
  };
}

/**
 * From the reload to the first answer after it. The core opens its query socket, then writes its cache,
 * and answers when all is loaded; so an answer counts when the cache is a new one.
 */
async function whenReloaded(
  nagios: Nagios,
  reloadFile: string,
  ended: AbortSignal,
  signal: AbortSignal,
): Promise<number | null> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(answerMsMax)]);
  for (;;) {
    const isLast = ended.aborted;
    const [begun] = await timesIn(reloadFile);
    if (begun === undefined && isLast) return null;
    if (begun !== undefined) {
      const cache = await stat(nagios.objectCacheFile).catch(() => null);
      const isNew = cache !== null && cache.mtimeMs > begun;
      if (isNew && (await answers(nagios.querySocket))) return Date.now() - begun;
    }
    await pause(lookMs, undefined, { signal: deadline });
  }
}

/** Waits until the core answers, or closes. */
async function answers(querySocket: string): Promise<boolean> {
  const socket = connect(querySocket);
  const answered = Promise.withResolvers<boolean>();
  socket.once("connect", () => socket.write("@help\0"));
  socket.once("data", () => answered.resolve(true));
  socket.once("error", () => answered.resolve(false));
  socket.once("close", () => answered.resolve(false));
  const result = await answered.promise;
  socket.destroy();
  return result;
}

/** Milliseconds since 1970. */
async function timesIn(path: string): Promise<readonly number[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  const lines = text.split("\n").slice(0, -1);
  return lines.map((nanoseconds) => Number(nanoseconds) / 1e6);
}
