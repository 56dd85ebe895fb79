// Which core answers, told from its `status` table, and what follows for reading its texts.

/** `nagios` stands for Nagios 3 and 4, Icinga 1 and Checkmk's raw edition; `cmc` for Checkmk's own core. */
export type SourceFlavour = "nagios" | "naemon" | "icinga2" | "cmc";

export const sourceFlavours = ["nagios", "naemon", "icinga2", "cmc"] as const;

/**
 * Versions as the cores give them: naemon-livestatus says `1.5.1-source-naemon`, Icinga 2 a program
 * version such as `r2.13.6-1`, Checkmk's core `Check_MK 2.2.0`, Nagios just its number.
 */
export function detectFlavour(programVersion: string, livestatusVersion: string): SourceFlavour {
  if (/naemon/i.test(livestatusVersion) || /naemon/i.test(programVersion)) return "naemon";
  if (/^r2\.|icinga ?2/i.test(programVersion)) return "icinga2";
  if (/check_?mk/i.test(programVersion)) return "cmc";
  return "nagios";
}

/**
 * Real text from `long_plugin_output`, which every core hands out in its own escaped form: Nagios
 * writes LF as `\n` and `\` as `\\`, the others escape the line feed only.
 */
export function unescapeLongOutput(text: string, flavour: SourceFlavour): string {
  if (!text.includes("\\")) return text;
  if (flavour !== "nagios") return text.replaceAll("\\n", "\n");
  return text.replace(/\\([\\n])/g, (_, escaped: string) => (escaped === "n" ? "\n" : "\\"));
}
