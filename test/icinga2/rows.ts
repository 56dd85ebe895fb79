// What the sites of these tests say, the harmless and the hostile.

import type { Row, Rows } from "../hostile-rows.ts";

/** Seconds since 1970, a while ago. */
export const start: number = Math.floor(Date.now() / 1000) - 1000;

export const host = (name: string, change: Row = {}): Row => ({ name, ...change });
export const service = (host_name: string, description: string, change: Row = {}): Row => ({
  host_name,
  description,
  ...change,
});

/** Two hosts and three services. */
export const usualRows: Rows = {
  hosts: [
    host("web", { alias: "Web server", address: "192.0.2.1", groups: ["linux"] }),
    host("db ü", { display_name: "Data Base", address: "2001:db8::1" }),
  ],
  services: [
    service("web", "Disk C:\\Data", { groups: ["disks"], display_name: "Disk $C$" }),
    service("web", 'load "15"'),
    service("db ü", "CPU"),
  ],
  hostgroups: [{ name: "linux", alias: "Linux boxes" }],
  servicegroups: [{ name: "disks", alias: "" }],
};

/** Of all of them, checked `at` seconds after the start. */
export function statesAt(at: number, text: string): Rows {
  const common = { last_check: start + at, execution_time: 0.25, latency: 0.5 };
  return {
    host_states: [
      host("web", { ...common, state: 0, plugin_output: `PING ${text}` }),
      host("db ü", { ...common, state: 2, plugin_output: `unreachable ${text}` }),
    ],
    service_states: [
      service("web", "Disk C:\\Data", {
        ...common,
        state: 2,
        plugin_output: `CRITICAL | ${text}`,
        long_plugin_output: "line 1 | x\nline 2\n",
        perf_data: "'C:\\ used'=50%;80 b=1",
      }),
      service("web", 'load "15"', { ...common, state: 1, plugin_output: `WARNING ${text}` }),
      service("db ü", "CPU", { ...common, state: 3, plugin_output: "" }),
    ],
  };
}

/** What would be more than text, if it were taken for code. */
export const injections: readonly string[] = [
  '" }\nobject Host "injected" { check_command = "passive" }\n//',
  '"; vars.injected = true; display_name = "',
  "{{{ injected }}}",
  '{{ get_host("web") }}',
  "$host.vars.password$ $HOSTNAME$ $x",
  "\\",
  '\\" + "x',
  "a!b",
  "// comment",
  "/* comment",
  "*/ x",
  "# comment",
  'include "/etc/passwd"',
  "% + globals.ApiUser",
  "=> { throw 1 }",
  "null",
  "\u202e\u2066 bidi",
  '@escaped@ @"x"',
  "x\u2028y",
];
