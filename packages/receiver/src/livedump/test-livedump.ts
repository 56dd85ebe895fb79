// For tests: texts as Checkmk's livedump writes them, and the reading of them.

import { realPace } from "@siteferry/bundle";
import { expect } from "vitest";
import { readLivedump } from "./read-livedump.ts";

export const read = async (text: string | Uint8Array): ReturnType<typeof readLivedump> =>
  await readLivedump(typeof text === "string" ? Buffer.from(text) : text, realPace());

export async function failsWith(text: string | Uint8Array, message: RegExp): Promise<void> {
  await expect(read(text), String(message)).rejects.toMatchObject({
    code: "livedump-invalid",
    kind: "refused",
    message: expect.stringMatching(message) as string,
  });
}

/** A record of a state. */
export const record = (
  output: string,
  {
    name = "web1",
    service = "",
    code = "0",
  }: Partial<Record<"name" | "service" | "code", string>> = {},
): string =>
  `host_name=${name}
${service === "" ? "" : `service_description=${service}\n`}check_type=1
check_options=0
reschedule_check
latency=0.13
start_time=1615521257.2
finish_time=1615521257.2
return_code=${code}
output=${output}

`;

export const host = (name = "web1", alias = "Web"): string => `define host {
  use                livedump-host
  host_name          ${name}
  alias              ${alias}
  address            10.0.0.1
  host_groups        linux,web
  check_command      check-mk-host-ping!-w 200;500
  max_check_attempts 3
  contact_groups     
}

`;
export const service = (description = "PING", host_name = "web1"): string => `define service {
  use                livedump-service
  host_name          ${host_name}
  description        ${description}
  
  check_command      check-livedump
  contacts           hh,jörg
  max_check_attempts 1
}

`;
