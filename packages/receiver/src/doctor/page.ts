// The page of the daemon: served, and to nobody who shouldn't see it.

import { type Check, skipped, warning } from "@siteferry/agent";
import { isLoopback, parseListenAddress } from "@siteferry/carry/contract";
import { lookAtPort } from "./port.ts";
import type { ReceiverSubject } from "./subject.ts";

export const page: Check<ReceiverSubject> = {
  name: "page",
  async run(subject) {
    const { listen } = subject.settings.page ?? {};
    if (listen === undefined) return [skipped("no page: the settings don't ask for it")];
    const found = [await lookAtPort(subject, listen, false)];
    if (!isLoopback(parseListenAddress(listen)!.host)) {
      const todo = 'listen: "127.0.0.1:8781", and a web server before it that asks who comes.';
      found.push(warning(`everybody who reaches ${listen} may read the page`, todo));
    }
    return found;
  },
};
