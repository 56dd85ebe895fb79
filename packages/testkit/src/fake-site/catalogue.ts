// What the pretended site monitors: kinds of hosts and of checks, with the texts that their plugins
// print. Umlauts, emoji, backslashes and semicolons stand where real sites have them; a bar stands in
// no output, where it would begin the perf data.

export interface HostKind {
  readonly prefix: string;
  readonly alias: string;
  readonly group: string;
  readonly icon: string;
}

/** A measured value that is bad when it is high. */
export interface CheckKind {
  readonly description: string;
  readonly command: string;
  /** Empty: in no service group. */
  readonly group: string;
  /** The plugin's short text, without perf data. */
  readonly text: (value: string, index: number) => string;
  /** Lines of long output; none for most. */
  readonly details?: (value: string) => string;
  readonly label: string;
  readonly unit: string;
  readonly digits: number;
  readonly warn: number;
  readonly crit: number;
  readonly max: number;
}

export const switchKind: HostKind = {
  prefix: "sw",
  alias: "Verteiler",
  group: "switches",
  icon: "switch.png",
};

export const hostKinds: readonly HostKind[] = [
  { prefix: "web", alias: "Webserver", group: "web-servers", icon: "linux.png" },
  { prefix: "db", alias: "Datenbank; Knoten", group: "databases", icon: "linux.png" },
  { prefix: "app", alias: "Application server", group: "web-servers", icon: "linux.png" },
  { prefix: "fs", alias: "Dateiserver München 💾", group: "windows", icon: "windows.png" },
  { prefix: "mail", alias: "Mail | MX", group: "mail", icon: "linux.png" },
];

/** Aliases of the groups that stand above. */
export const hostGroups: Readonly<Record<string, string>> = {
  switches: "Verteiler",
  "web-servers": "Web & Anwendungen",
  databases: "Databases",
  windows: "Windows-Server",
  mail: "Mail",
  büro: "Büro Köln",
};

export const serviceGroups: Readonly<Record<string, string>> = {
  disks: "Filesystems and drives",
  network: "Netzwerk",
};

const percent = { unit: "%", digits: 2, warn: 80, crit: 90, max: 100 };
const milliseconds = { unit: "ms", digits: 3, warn: 100, crit: 500, max: 1000 };

export const pingKind: CheckKind = {
  description: "PING",
  command: "check_ping!100.0,20%!500.0,60%",
  group: "network",
  text: (value) => `Packet loss = 0%, RTA = ${value} ms`,
  label: "rta",
  ...milliseconds,
};

const checkKinds: readonly CheckKind[] = [
  pingKind,
  {
    description: "CPU load",
    command: "check_load!5,4,3!10,6,4",
    group: "",
    text: (value) => `load average: ${value}, 0.52, 0.48`,
    label: "load1",
    unit: "",
    digits: 3,
    warn: 5,
    crit: 10,
    max: 64,
  },
  {
    description: "Memory",
    command: "check_mem!80!90",
    group: "",
    text: (value) => `${value}% used (Größe: 16 GiB)`,
    details: (value) => `RAM: ${value}%\nSwap: 3.1%\nPage tables: 0.4%`,
    label: "mem_used",
    ...percent,
  },
  {
    description: "Disk C:\\Data",
    command: "check_nt!USEDDISKSPACE!-l c",
    group: "disks",
    text: (value) => `C:\\Data\\new - ${value}% used; 12.4 GiB free`,
    label: "C:\\ %",
    ...percent,
  },
  {
    description: "HTTP",
    command: "check_http!-S --sni",
    group: "",
    text: (value) => `HTTP/1.1 200 OK - 4812 bytes in ${value} ms response time`,
    label: "time",
    ...milliseconds,
  },
  {
    description: "Backup 📦",
    command: "check_backup!nightly",
    group: "",
    text: (value) => `last run ${value} hours ago; 3 jobs`,
    details: (value) => `job home: ok\njob \\\\nas\\share: ok, ${value} h\njob Übersicht: ok`,
    label: "age",
    unit: "h",
    digits: 1,
    warn: 26,
    crit: 50,
    max: 200,
  },
  {
    description: "Filesystem /var",
    command: "check_disk!20%!10%!/var",
    group: "disks",
    text: (value, index) => `/var${index || ""} ${value}% used`,
    label: "/var",
    ...percent,
  },
  {
    description: "Interface",
    command: "check_if!1000",
    group: "network",
    text: (value, index) => `[eth${index}] (up) In: ${value} Mbit/s, Speed: 1 Gbit/s`,
    label: "in",
    unit: "",
    digits: 2,
    warn: 800,
    crit: 950,
    max: 1000,
  },
  {
    description: "NTP offset",
    command: "check_ntp_time!0.5!1",
    group: "",
    text: (value) => `Offset ${value} secs`,
    label: "offset",
    unit: "s",
    digits: 6,
    warn: 0.5,
    crit: 1,
    max: 10,
  },
  {
    description: "Raumtemperatur Süd",
    command: "check_temp!28!35",
    group: "",
    text: (value) => `${value} °C`,
    label: "temp",
    unit: "",
    digits: 1,
    warn: 28,
    crit: 35,
    max: 60,
  },
  {
    description: "MySQL connections",
    command: "check_mysql_health!threads-connected",
    group: "",
    text: (value) => `${value} client connection threads`,
    label: "threads_connected",
    unit: "",
    digits: 0,
    warn: 100,
    crit: 150,
    max: 151,
  },
  {
    description: "Mail queue",
    command: "check_mailq!50!200",
    group: "",
    text: (value) => `mailq is ${value}; threshold w = 50, c = 200`,
    label: "unsent",
    unit: "",
    digits: 0,
    warn: 50,
    crit: 200,
    max: 10000,
  },
];

/** The n-th check of a host: its kind, and which one of that kind it is. */
export function checkOf(n: number): { readonly kind: CheckKind; readonly index: number } {
  const kind = checkKinds[n % checkKinds.length]!;
  return { kind, index: Math.floor(n / checkKinds.length) };
}
