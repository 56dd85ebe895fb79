// `page` in receiver.yaml: where the daemon serves its page and metrics. docs/configuration.md shows the same.

import { parseListenAddress } from "@siteferry/carry/contract";
import { z } from "zod";

export interface PageSettings {
  /** `HOST:PORT` or `[IPV6]:PORT`. */
  readonly listen: string;
  /** Names by which browsers and Prometheus come, besides addresses, `localhost` and the host of `listen`. */
  readonly names: readonly string[];
}

export const pageSchema: z.ZodType<PageSettings, object> = z.strictObject({
  listen: z
    .string()
    .refine((text) => parseListenAddress(text) !== null, "not HOST:PORT or [IPV6]:PORT")
    .default("127.0.0.1:8781"),
  names: z.array(z.string().regex(/^[a-z\d.-]+$/i, "not the name of a host")).default([]),
});
