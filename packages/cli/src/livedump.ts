// siteferry under the name of livedump: `dump`, with livedump's habits. It says what is wrong in one line
// and ends with 1, or with 2 where its flags are.

import { explain } from "@siteferry/model";
import { Command, CommanderError } from "commander";
import { addDumpOptions } from "./dump-options.ts";
import { mindStreams } from "./standard-streams.ts";
import { version } from "./version.ts";

/** Returns the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  mindStreams(1, ({ message }) => process.stderr.write(`${message}\n`));
  const program = addDumpOptions(new Command("livedump"))
    .description(
      "Prints state or configuration of a monitoring site, in Checkmk's livedump's place.",
    )
    .version(`This is livedump by siteferry ${version}`, "-V, --version", "print the version")
    .option("--debug", "print a stack trace when it fails", false)
    .exitOverride();
  try {
    await program.parseAsync(argv);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const { message } = explain(error, "livedump");
    const isDebug = program.opts<{ debug: boolean }>().debug;
    const trace = isDebug && error instanceof Error ? `\n${error.stack}` : "";
    process.stderr.write(`${message}${trace}\n`);
    return 1;
  }
}
