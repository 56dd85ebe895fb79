// Settings of a link with which it fails sooner: a check has less time than a run, and one link that hangs
// mustn't hide what the others say.

/** The same with no `timeout` in it over so many milliseconds. */
export function impatient<Settings>(settings: Settings, timeoutMsMax: number): Settings {
  if (typeof settings !== "object" || settings === null || Array.isArray(settings)) return settings;
  const entries = Object.entries(settings).map(([key, value]: [string, unknown]) => [
    key,
    key === "timeout" && typeof value === "number"
      ? Math.min(value, timeoutMsMax)
      : impatient(value, timeoutMsMax),
  ]);
  return Object.fromEntries(entries) as Settings;
}
