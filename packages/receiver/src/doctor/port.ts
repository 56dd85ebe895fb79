// A port that the daemon serves: free, ours, or somebody else's.

import { fail, type Finding, ok, warning } from "@siteferry/agent";
import { parseListenAddress } from "@siteferry/carry/contract";
import type { ReceiverSubject } from "./subject.ts";

export async function lookAtPort(
  { probes, receiverAt }: ReceiverSubject,
  listen: string,
  hasTls: boolean,
): Promise<Finding> {
  const { host, port } = parseListenAddress(listen)!;
  const state = await probes.listen(host, port);
  if (state === "free") {
    const todo = "Only the daemon listens: siteferry receive without --once, by systemd.";
    return warning(`nobody listens at http:${listen}`, todo);
  }
  if (state !== "taken") {
    const todo = "Choose an address of this machine; below port 1024 only root may.";
    return fail(`http:${listen} can't be listened at: ${state.problem}`, todo);
  }
  const said = await receiverAt(host, port, hasTls);
  if (said === "ok") return ok(`http:${listen}: a receiver listens there`);
  if (said !== null) {
    return warning(`the receiver at http:${listen} says ${said}`, "Look into its log.");
  }
  const todo = `See who has the port: ss -ltnp 'sport = :${port}'`;
  return fail(`at http:${listen} listens somebody else`, todo);
}
