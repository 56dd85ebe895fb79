// The programs that sender.yaml names, and flock.

import { type Check, checkPrograms, type NamedProgram } from "@siteferry/agent";
import type { TransportSettings } from "../transports/index.ts";
import type { SenderSubject } from "./subject.ts";

export const commands: Check<SenderSubject> = {
  name: "programs",
  async run({ settings: { exec, transports }, probes }) {
    const ofExec = [exec?.config[0], exec?.states[0]].flatMap((name) =>
      name === undefined ? [] : [{ name, key: "exec" }],
    );
    return await checkPrograms(probes, [...ofExec, ...transports.flatMap(programOf)]);
  },
};

function programOf(transport: TransportSettings): NamedProgram[] {
  const [name, key] =
    "drop" in transport
      ? [transport.drop.after[0], "after of drop"]
      : "mail" in transport
        ? [transport.mail.sendmail?.[0], "sendmail"]
        : "ssh" in transport && "command" in transport.ssh
          ? [transport.ssh.command[0], "command of ssh"]
          : [];
  return name === undefined || key === undefined ? [] : [{ name, key }];
}
