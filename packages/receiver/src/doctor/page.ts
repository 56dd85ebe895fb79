// The page: that the daemon can serve it, and who may reach it.

import { type Check, fail, ok, skipped, warning } from "@siteferry/agent";
import { isLoopback, parseListenAddress } from "@siteferry/carry/contract";
import type { ReceiverSubject } from "./subject.ts";

export const page: Check<ReceiverSubject> = {
  name: "page",
  async run({ probes, settings: { page: settings } }) {
    if (settings === undefined) return [skipped("there is none: page: {} would serve one")];
    const { listen } = settings;
    const { host, port } = parseListenAddress(listen)!;
    const state = await probes.listen(host, port);
    if (typeof state === "object") {
      const todo = "Choose an address of this machine; below port 1024 only root may.";
      return [fail(`http://${listen} can't be listened at: ${state.problem}`, todo)];
    }
    if (isLoopback(host)) return [ok(`http://${listen} is for this machine alone`)];
    const todo =
      "page: {} listens on this machine alone; put a web server before it that asks who comes.";
    return [
      warning(`everybody who reaches http://${listen} may read it, without login and TLS`, todo),
    ];
  },
};
