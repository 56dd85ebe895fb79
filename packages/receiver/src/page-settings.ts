// `page` in receiver.yaml: where the daemon serves its page and metrics.

import { explained, kind } from "@siteferry/agent";
import { parseListenAddress } from "@siteferry/carry/contract";
import { z } from "zod";

export interface PageSettings {
  /** `HOST:PORT` or `[IPV6]:PORT`. */
  readonly listen: string;
  /** Names by which browsers and Prometheus come, besides addresses, `localhost` and the host of `listen`. */
  readonly names: readonly string[];
}

const listenAddress = z
  .string()
  .refine((text) => parseListenAddress(text) !== null, "not HOST:PORT or [IPV6]:PORT");
const hostNames = z.array(z.string().regex(/^[a-z\d.-]+$/i, "not the name of a host"));

export const pageSchema: z.ZodType<PageSettings, object> = explained(
  z.strictObject({
    listen: kind("address", listenAddress).default("127.0.0.1:8781"),
    names: kind("list of names", hostNames).default([]),
  }),
  {
    listen:
      "`HOST:PORT` or `[IPV6]:PORT`. It knows no login and no TLS: elsewhere than on this machine " +
      "everybody who reaches it may read",
    names:
      "names by which it is asked for, as through a proxy; addresses, `localhost` and the host of " +
      "`listen` are known. Any other is refused with 421",
  },
);
