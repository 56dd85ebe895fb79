// The times of valid-after and valid-before in an allowed_signers file.

const pattern = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?(Z)?$/;

/**
 * `YYYYMMDD[HHMM[SS]][Z]` in ms since 1970, or null if it isn't that or no day of the calendar.
 * Without `Z` it is local time, as for ssh-keygen.
 */
export function parseSignerTime(text: string): number | null {
  const match = pattern.exec(text);
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0)) as [number, number, number, number, number, number];
  const daysInMonth = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const exists =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysInMonth &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  if (!exists) return null;
  return match[7] === "Z"
    ? Date.UTC(year, month - 1, day, hour, minute, second)
    : new Date(year, month - 1, day, hour, minute, second).getTime();
}
