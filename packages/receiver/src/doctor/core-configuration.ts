// The main file of a Nagios or Naemon at the centre: where it is, and what it says.

import type { Probes } from "@siteferry/agent";
import type { ReceiverSettings } from "../settings.ts";

export interface CoreConfiguration {
  readonly file: string;
  /** Nobody named it: it may be another core's. */
  readonly isGuess: boolean;
  /** The last one of this key; relative paths are made absolute. */
  value(key: string): string | undefined;
  values(key: string): readonly string[];
}

const usual = [
  "/etc/nagios4/nagios.cfg",
  "/etc/naemon/naemon.cfg",
  "/etc/nagios/nagios.cfg",
  "/usr/local/nagios/etc/nagios.cfg",
];

/** Where the core's main file is, by the operator's words or by what usually is so. Null: nowhere. */
export async function findCoreFile(
  { targets }: Pick<ReceiverSettings, "targets">,
  { look, environment }: Probes,
  named: string | undefined,
): Promise<{ readonly file: string; readonly isGuess: boolean } | null> {
  const ofTargets = targets.flatMap((target) =>
    "objects" in target && target.objects.activate ? [target.objects.activate.config] : [],
  );
  const [file] = named === undefined ? ofTargets : [named];
  if (file !== undefined) return { file, isGuess: false };
  if (!targets.some((target) => "checkresults" in target || "objects" in target)) return null;
  const { OMD_ROOT: root } = environment;
  const ofSite = ["tmp/nagios/nagios.cfg", "tmp/naemon/naemon.cfg", "etc/nagios/nagios.cfg"];
  const places = [...(root === undefined ? [] : ofSite.map((one) => `${root}/${one}`)), ...usual];
  for (const place of places) {
    const entry = await look(place).catch(() => null);
    if (entry?.kind === "file") return { file: place, isGuess: true };
  }
  return null;
}

export function parseCoreConfiguration(
  text: string,
  { file, isGuess }: { readonly file: string; readonly isGuess: boolean },
): CoreConfiguration {
  const lines = text.split("\n").flatMap((line) => {
    const [, key, value] = /^\s*([a-z0-9_]+)\s*=\s*(.*?)\s*$/i.exec(line) ?? [];
    return key === undefined || value === undefined ? [] : [[key.toLowerCase(), value] as const];
  });
  const values = (key: string): readonly string[] =>
    lines.flatMap(([name, value]) => (name === key ? [absolute(key, value, file)] : []));
  return { file, isGuess, values, value: (key) => values(key).at(-1) };
}

function absolute(key: string, value: string, file: string): string {
  if (!/_(?:file|dir|path|socket)$/.test(key) || value.startsWith("/")) return value;
  return `${file.slice(0, file.lastIndexOf("/"))}/${value}`;
}
