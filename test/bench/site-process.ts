// The site's process, as run.ts sees it.

import { fork } from "node:child_process";
import { once } from "node:events";

export type SiteMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "ticked" }
  | { readonly kind: "asked"; readonly queries: readonly string[] };

export interface SiteProcess extends AsyncDisposable {
  /** The queries that came since this was called last. */
  asked(): Promise<readonly string[]>;
  /** Lets a fifth of the checks run; when it returns, the new answers are made. */
  tick(): Promise<void>;
}

/** What run.ts tells the site's process to do. */
export type SiteOrder = "asked" | "tick";

/** Returns when the site answers on the socket. */
export async function startSite(
  socketPath: string,
  hosts: number,
  servicesPerHost: number,
  signal: AbortSignal,
): Promise<SiteProcess> {
  const program = new URL("site.ts", import.meta.url);
  const child = fork(program, [socketPath, String(hosts), String(servicesPerHost)]);
  const ended = once(child, "exit").then((): never => {
    throw new Error("the site's process has ended by itself");
  });
  ended.catch(() => {});
  const hear = async (): Promise<SiteMessage> => {
    const [message] = await Promise.race([once(child, "message", { signal }), ended]);
    return message as SiteMessage;
  };
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, "exit");
  };
  try {
    await hear();
  } catch (error) {
    await end();
    throw error;
  }
  const tell = async (order: SiteOrder): Promise<SiteMessage> => {
    child.send(order);
    return await hear();
  };
  return {
    async asked() {
      const message = await tell("asked");
      return message.kind === "asked" ? message.queries : [];
    },
    async tick() {
      await tell("tick");
    },
    [Symbol.asyncDispose]: end,
  };
}
