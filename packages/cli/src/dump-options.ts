// The flags of `dump`, which are livedump's, for both names that it is called by.

import { type Command, Option } from "commander";

/** The command with them, and what it does then. */
export function addDumpOptions(command: Command): Command {
  const collect = (value: string, before: readonly string[]): readonly string[] => [
    ...before,
    value,
  ];
  return command
    .option("-C, --config", "dump configuration instead of state", false)
    .option("-T, --dump-templates", "dump host and service templates, too", false)
    .option("-M, --mark-mode", "emit the mode as the first line, for livedump-ssh-recv", false)
    .option("-G, --include-groups", "dump contact groups instead of contacts", false)
    .option("-p, --prefix <prefix>", "add PREFIX to host names", "")
    .option("-i, --interval <n>", "put this check interval into the templates", Number)
    .option("--include-host-icon", "add the hosts' icon_image to the configuration", false)
    .option("-s, --socket <address>", "unix:PATH, tcp:HOST:PORT or tls:HOST:PORT")
    .option("-O, --host-only-header <header>", "add to host queries only", collect, [])
    .option("-H, --host-header <header>", "add to host and service queries", collect, [])
    .option("-S, --service-header <header>", "add to service queries only", collect, [])
    .addOption(
      new Option("--core <core>", "the core that will read the check results")
        .choices(["nagios", "naemon"])
        .default("nagios"),
    )
    .option("--tls-ca <file>", "PEM file of authorities for tls:")
    .option("-q, --quiet", "show no progress on a terminal", false)
    .option("-v, --verbose", "say on standard error what is done", false)
    .addHelpText("after", "\nWithout -s, $OMD_ROOT/tmp/run/live is read.")
    .action(async (options) => {
      const { runDump } = await import("./verbs/dump.ts");
      await runDump(options);
    });
}
