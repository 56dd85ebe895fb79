// The command line: its verbs and options. Each verb is loaded when it is called, because start-up
// is most of the time that a cron job takes.

import { exitCodes, explain } from "@siteferry/model";
import { Argument, Command, CommanderError, Option } from "commander";
import { agents } from "./agent-options.ts";
import { addDumpOptions } from "./dump-options.ts";
import { printFailure } from "./failure.ts";
import { mindStreams } from "./standard-streams.ts";
import { version } from "./version.ts";

/**
 * Runs the verb that `argv` names; returns the exit status.
 * @param script the shell script that was called, if one was
 */
export async function main(argv: readonly string[], script?: string): Promise<number> {
  // For a monitoring core any other status would be a state of what is checked.
  const failed = argv[2] === "check" ? 3 : exitCodes.transient;
  mindStreams(failed, (failure) => printFailure(failure, null));
  let status = 0;
  const program = commandLine((result) => {
    status = result;
  }, script);
  try {
    await program.parseAsync(argv);
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 64;
    const failure = explain(error, argv[2] ?? "siteferry");
    printFailure(failure, process.env["SITEFERRY_DEBUG"] === undefined ? null : error);
    return exitCodes[failure.kind];
  }
}

export type SetStatus = (status: number) => void;

/** All verbs with their options; `setStatus` gets what a verb ends with. `script` is as for `main`. */
export function commandLine(setStatus: SetStatus, script?: string): Command {
  const program = new Command("siteferry")
    .description("Carries a monitoring site across a gap: Livestatus there, check results here.")
    .version(version)
    .exitOverride()
    .configureHelp({ optionDescription })
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, "siteferry:")) })
    .addHelpText(
      "after",
      "\nExit status: 0, 64 usage, 70 trying again won't help, 75 busy or try again,\n76 refused, 78 configuration. siteferry explain CODE says what a failure means.",
    );
  addAgents(program, setStatus);
  addOutbox(program);
  addSticks(program, setStatus);
  addDump(program);
  addTools(program, setStatus);
  addCentre(program, setStatus);
  addWellbeing(program, setStatus);
  addSetUp(program, setStatus, script);
  addConfig(program, setStatus);
  addExplain(program);
  sayWhereHelpIs(program, "siteferry");
  for (const command of program.commands) command.helpGroup(groupOf(command.name()));
  return program;
}

/** In the help they stand in the order of their first command. */
function groupOf(name: string): string {
  if (["send", "outbox", "export", "dump"].includes(name)) return "At the site:";
  if (["keygen", "init", "enrol"].includes(name)) return "To set up:";
  if (["check", "doctor", "explain", "inspect", "demo"].includes(name)) return "At both:";
  return "At the centre:";
}

/** What a wrong command line is answered with, after what is wrong with it. */
function sayWhereHelpIs(command: Command, path: string): void {
  command.showHelpAfterError(`(${path} --help shows what there is)`);
  for (const one of command.commands) sayWhereHelpIs(one, `${path} ${one.name()}`);
}

/** commander would also say that what is absent is false. */
function optionDescription({ description, argChoices, defaultValue }: Option): string {
  const more = [
    ...(argChoices === undefined ? [] : [`one of ${argChoices.join(", ")}`]),
    ...((typeof defaultValue === "string" && defaultValue !== "") ||
    typeof defaultValue === "number"
      ? [`default: ${defaultValue}`]
      : []),
  ];
  return more.length === 0 ? description : `${description} (${more.join("; ")})`;
}

const logLevels = ["debug", "info", "warn", "error", "silent"];

/** How much a command says that works for a while. Where nothing is asked for, `level`. */
function addWords(command: Command, level: "info" | "warn"): Command {
  return command
    .addOption(
      new Option("--log-level <level>", "what is logged on standard error")
        .choices(logLevels)
        .default(level),
    )
    .addOption(
      new Option("-q, --quiet", "what is wrong only, as for cron; no progress on a terminal")
        .conflicts("verbose")
        .implies({ logLevel: "warn" }),
    )
    .addOption(new Option("-v, --verbose", "each step").implies({ logLevel: "debug" }));
}

function addAgents(program: Command, setStatus: SetStatus): void {
  const send = program
    .command("send")
    .description("dump the site and ship it to the centre; a daemon unless --once is given")
    .option("-c, --config <file>", "settings", "/etc/siteferry/sender.yaml")
    .option("--once", "one run, for cron", false);
  addWords(send, "info").action(async (options) => {
    const { runSend } = await import("./verbs/send.ts");
    setStatus(await runSend(options));
  });
  const receive = program
    .command("receive")
    .description("take in what sites sent and apply it; a daemon unless --once is given")
    .option("-c, --config <file>", "settings", "/etc/siteferry/receiver.yaml")
    .option("--once", "one run, for cron", false)
    .option("--stdin <site>", "take one bundle of this site from standard input, for sshd")
    .option("--mail [site]", "take one message from standard input, for a mail server")
    .addOption(
      new Option("--format <format>", "of what comes on standard input; livedump names a site")
        .choices(["bundle", "livedump"])
        .default("bundle"),
    );
  addWords(receive, "info").action(async (options) => {
    const { runReceive } = await import("./verbs/receive.ts");
    setStatus(await runReceive(options));
  });
}

function addSticks(program: Command, setStatus: SetStatus): void {
  const exportCommand = program
    .command("export")
    .description("write the whole site into a directory, for a stick that somebody carries")
    .argument("<directory>")
    .option("-c, --config <file>", "settings", "/etc/siteferry/sender.yaml")
    .option("--json", "print one JSON object", false);
  addWords(exportCommand, "warn").action(async (directory, options) => {
    const { runExport } = await import("./verbs/export.ts");
    setStatus(await runExport(directory, options));
  });
  const importCommand = program
    .command("import")
    .description("take in the bundles in a directory, which stay there")
    .argument("<directory>")
    .option("-c, --config <file>", "settings", "/etc/siteferry/receiver.yaml")
    .option("--json", "print one JSON object", false);
  addWords(importCommand, "warn").action(async (directory, options) => {
    const { runImport } = await import("./verbs/import.ts");
    setStatus(await runImport(directory, options));
  });
}

function addOutbox(program: Command): void {
  program
    .command("outbox")
    .description("show what waits at the sender for its transports, and why")
    .option("-c, --config <file>", "settings", "/etc/siteferry/sender.yaml")
    .option("--json", "print one JSON array", false)
    .action(async (options) => {
      const { runOutbox } = await import("./verbs/outbox.ts");
      await runOutbox(options);
    });
}

function addDump(program: Command): void {
  addDumpOptions(
    program.command("dump").description("print state or configuration as Checkmk's livedump does"),
  );
}

function addCentre(program: Command, setStatus: SetStatus): void {
  const quarantine = program
    .command("quarantine")
    .description("look at the bundles that the receiver refused");
  const add = (usage: string, description: string): Command =>
    quarantine
      .command(usage)
      .description(description)
      .option("-c, --config <file>", "settings", "/etc/siteferry/receiver.yaml");
  add("list", "what was refused and why, the newest first")
    .option("--json", "print one JSON array", false)
    .action(async (options) => (await loadQuarantine()).listRefused(options));
  add("show <id>", "one of them, with what it holds").action(async (id, options) =>
    setStatus(await (await loadQuarantine()).showRefused(id, options)),
  );
  add("release <id>", "let the receiver judge it again").action(async (id, options) =>
    (await loadQuarantine()).releaseRefused(id, options),
  );
  add("drop <id>", "remove one of them, or all").action(async (id, options) =>
    (await loadQuarantine()).dropRefused(id, options),
  );
  program
    .command("status")
    .description("how each site is, as far as the receiver knows")
    .option("-c, --config <file>", "settings", "/etc/siteferry/receiver.yaml")
    .option("--json", "print one JSON array", false)
    .action(async (options) => (await import("./verbs/status.ts")).showStatus(options));
  program
    .command("forget")
    .description("take a site at whatever epoch it comes with next, its clock having been wrong")
    .argument("<site>")
    .option("-c, --config <file>", "settings", "/etc/siteferry/receiver.yaml")
    .action(async (site, options) => {
      const { runForget } = await import("./verbs/forget.ts");
      await runForget(site, options);
    });
}

function addWellbeing(program: Command, setStatus: SetStatus): void {
  program
    .command("check")
    .description("how a site or the sender is, as a plugin of a monitoring core: status 0 to 3")
    .argument("[site]")
    .option("--all", "all sites, the worst state", false)
    .option("--sender", "the sender on this machine", false)
    .option("-w, --warning <n>", "with --sender: after so many runs of its schedule (default: 2)")
    .option("--critical <n>", "likewise (default: 4)")
    .option("-c, --config <file>", "settings: receiver.yaml, or sender.yaml, in /etc/siteferry")
    .action(async (site, options) =>
      setStatus(await (await import("./verbs/check.ts")).runCheck(site, options)),
    );
  program
    .command("doctor")
    .description("look for what goes wrong in practice, and say what to do; changes nothing")
    .addArgument(agentArgument("[agent]", "which; default: whose settings are there"))
    .option("-c, --config <file>", "settings; default: in /etc/siteferry")
    .option("--core-config <file>", "nagios.cfg at the centre; default: as the settings name it")
    .option("--json", "print one JSON array", false)
    .option("-q, --quiet", "what is wrong only", false)
    .addHelpText("after", "\nExit status: 0 all is well, 1 warnings, 2 failures.")
    .action(async (agent, options) =>
      setStatus(await (await import("./verbs/doctor.ts")).runDoctor(agent, options)),
    );
}

function agentArgument(name: string, description: string): Argument {
  return new Argument(name, description).choices(agents);
}

function addSetUp(program: Command, setStatus: SetStatus, script: string | undefined): void {
  program
    .command("init")
    .description("write a first configuration and make the keys; asks on a terminal")
    .addArgument(agentArgument("<agent>", "which"))
    .option("-c, --config <file>", "what is written; default: in /etc/siteferry")
    .option("--centre <id>", "the centre's name")
    .option(
      "--link <link>",
      "drop:DIR; of a sender also https://…, ssh:USER@HOST, mail:ADDRESS; of a receiver http:HOST:PORT, none",
    )
    .option("--spool <directory>", "where bundles wait")
    .option("--site <id>", "of a sender: its name")
    .option("--livestatus <address>", "of a sender: unix:PATH, tcp:HOST:PORT or tls:HOST:PORT")
    .option("--core <core>", "of a receiver: nagios, naemon or icinga2")
    .option("--core-config <file>", "of nagios and naemon: the main file")
    .option("--objects <directory>", "of nagios and naemon: for siteferry's objects")
    .option("--icinga2-url <url>", "of icinga2: its API")
    .option("--server-name <name>", "of icinga2: the name in its certificate")
    .option("--ca <file>", "of icinga2: its authority")
    .option("--password <file>", "of icinga2: a file with the API user's password")
    .option("-y, --yes", "ask nothing: what isn't given is as usual", false)
    .action(async (agent, options) =>
      setStatus(await (await import("./verbs/init.ts")).runInit(agent, { ...options, script })),
    );
  program
    .command("enrol")
    .description("take the line that init or keygen printed at the other side")
    .argument("<words...>", "SITE and 'ssh-ed25519 …'; with --centre the line alone")
    .option("--centre <id>", "at a site: the centre whose key it is")
    .option("-c, --config <file>", "settings: receiver.yaml, or sender.yaml, in /etc/siteferry")
    .option("--prefix <text>", "before the site's host names (default: SITE-)")
    .option("--contacts <names>", "contacts of its objects, with commas between")
    .option("--token <file>", "what it shows at the listener")
    .option("-y, --yes", "write without asking", false)
    .action(async (words, options) =>
      setStatus(await (await import("./verbs/enrol.ts")).runEnrol(words, options)),
    );
}

function addConfig(program: Command, setStatus: SetStatus): void {
  const verbs = program
    .command("config")
    .description("look at the objects that sites bring to the centre, and say what may go live");
  const add = (usage: string, description: string): Command =>
    verbs
      .command(usage)
      .description(description)
      .option("-c, --config <file>", "settings", "/etc/siteferry/receiver.yaml");
  const diff = add("diff", "what is known and not live; exit status 1 if something differs")
    .option("--full", "with every line of what is added or removed", false)
    .option("--json", "print one JSON array", false);
  addWords(diff, "warn").action(async (options) =>
    setStatus(await (await loadConfig()).diffObjects(options)),
  );
  const render = add("render", "print the object files as they would be").option(
    "--out <directory>",
    "write them there instead",
  );
  addWords(render, "warn").action(async (options) =>
    (await loadConfig()).renderToDirectory(options),
  );
  add(
    "approve [site]",
    "let a site's first objects in, or its removals; or go on after a rollback",
  ).action(async (site, options) => (await loadConfig()).approveSite(site, options));
  add("rollback", "go back to the objects of before").action(async (options) =>
    (await loadConfig()).rollBack(options),
  );
}

async function loadConfig(): Promise<typeof import("./verbs/config.ts")> {
  return await import("./verbs/config.ts");
}

async function loadQuarantine(): Promise<typeof import("./verbs/quarantine.ts")> {
  return await import("./verbs/quarantine.ts");
}

function addExplain(program: Command): void {
  program
    .command("explain")
    .description("what an error code or an R number means and what to do; alone, which there are")
    .argument("[code]")
    .action(async (code) => (await import("./verbs/explain.ts")).runExplain(code));
}

function addTools(program: Command, setStatus: SetStatus): void {
  program
    .command("keygen")
    .description("make a site's key, as ssh-keygen -t ed25519 -N '' does")
    .argument("<file>", "the private key; the public one gets .pub")
    .option("-C, --comment <comment>", "the site's id", "siteferry")
    .option("--age", "make a centre's key for encryption instead", false)
    .action(async (file, options) => {
      const { runAgeKeygen, runKeygen } = await import("./verbs/keygen.ts");
      await (options.age ? runAgeKeygen(file) : runKeygen(file, options));
    });
  program
    .command("inspect")
    .description("show what a bundle holds")
    .argument("<file>")
    .option("--allowed-signers <file>", "verify the signature against this list")
    .option("--revoked-keys <file>", "public keys, one a line, that are not believed")
    .option("--identity <file>", "decrypt with these private keys of age")
    .option("--centre <id>", "the recipient it must be for; default: the one it names")
    .option("--rows <n>", "rows of each table to print", Number, 3)
    .option("--json", "print one JSON object", false)
    .action(async (file, options) => {
      const { runInspect } = await import("./verbs/inspect.ts");
      setStatus(await runInspect(file, options));
    });
  program
    .command("demo")
    .description("carry an embedded site to a temporary centre, and explain what happens")
    .option("--keep", "go on until Ctrl-C, and keep the files", false)
    .option("--cycles <n>", "cycles before the summary", Number, 6)
    .action(async (options) => {
      const { runDemo } = await import("./verbs/demo.ts");
      setStatus(await runDemo(options));
    });
}
