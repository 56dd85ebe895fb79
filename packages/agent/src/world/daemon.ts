// The daemon around a narrative: it only adds the clock and a watcher, which both do nothing but
// wake the loop. One cycle at a time; what wakes it meanwhile makes it run once more.

import type { Log } from "@siteferry/model";
import { schedule, type TaskOptions } from "node-cron";

export interface Daemon {
  /** A cron line. */
  readonly schedule: string;
  readonly log: Log;
  /** One run of the narrative. A failure is logged; the next tick tries again. */
  cycle(): Promise<void>;
  /** Starts hints that call `wake`, however often; a cycle follows within a second. Returns how to end them. */
  watch(wake: () => void): Promise<() => Promise<void>>;
}

/** systemd and operators wait about this long before they kill. */
const stopWithinMs = 4_000;
/** Arrivals come in crowds, when a minute begins: those of one moment share a cycle. */
const gatherMs = 500;

/** Runs until SIGTERM or SIGINT; the first cycle at once. Ends within 5 s whatever a cycle waits for. */
export async function runDaemon({ schedule: line, log, cycle, watch }: Daemon): Promise<void> {
  let stopping = false;
  let wake: () => void = () => {};
  let woken = true;
  const wakeUp = (): void => {
    woken = true;
    wake();
  };
  let gathering = false;
  const wakeSoon = (): void => {
    if (gathering) return;
    gathering = true;
    setTimeout(() => {
      gathering = false;
      wakeUp();
    }, gatherMs).unref();
  };
  const stop = (signal: NodeJS.Signals): void => {
    log.info({ signal }, "Stopping");
    stopping = true;
    wake();
    // A bundle is published or it isn't: leaving in the middle of a cycle is safe, waiting is not.
    setTimeout(() => {
      log.warn({}, `The cycle didn't end within ${stopWithinMs} ms; leaving it`);
      // oxlint-disable-next-line unicorn/no-process-exit -- nothing else ends a blocked connection
      process.exit(0);
    }, stopWithinMs).unref();
  };
  process.on("SIGTERM", stop).on("SIGINT", stop);
  const task = schedule(line, wakeUp, { logger: cronLogger(log), suppressMissedWarning: true });
  // A tick that came too late, after a suspend or a long cycle, is a tick all the same.
  task.on("execution:missed", wakeUp);
  let unwatch = async (): Promise<void> => {};
  try {
    unwatch = await watch(wakeSoon);
    while (!stopping) {
      if (woken) {
        woken = false;
        await cycle();
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (stopping || woken) resolve();
        });
      }
    }
  } finally {
    await task.destroy();
    await unwatch();
    process.off("SIGTERM", stop).off("SIGINT", stop);
  }
}

/** node-cron would write to the terminal in its own way. */
function cronLogger(log: Log): TaskOptions["logger"] & object {
  const say =
    (level: "debug" | "warn" | "error") =>
    (message: string | Error): void =>
      log[level]({}, `Schedule: ${String(message)}`);
  return { debug: say("debug"), info: say("debug"), warn: say("warn"), error: say("error") };
}
