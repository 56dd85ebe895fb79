// What standard output and error don't take. A reader that has had enough, as `head`, is no failure: the rest
// is for nobody. What standard error doesn't take, as on a full disk, ends nothing; of standard output it is
// the end of the command. What must arrive whole (dump) looks after it itself.

import { explain, type FerryError, systemCode } from "@siteferry/model";

/** @param status what the process ends with if its output can't be written, however it went else */
export function mindStreams(status: number, print: (failure: FerryError) => void): void {
  process.stderr.on("error", () => {});
  let hasFailed = false;
  process.stdout.on("error", (error) => {
    if (systemCode(error) === "EPIPE" || hasFailed) return;
    hasFailed = true;
    print(explain(error, "standard output"));
    // The verb's own status may come before or after this.
    process.once("exit", () => {
      process.exitCode = status;
    });
  });
}
