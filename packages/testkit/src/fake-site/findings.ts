// What the plugins of the pretended site print: a measured value in words and as perf data.

import type { CheckKind } from "./catalogue.ts";
import type { Finding, Trouble } from "./checks.ts";
import type { Dice } from "./dice.ts";

const words = ["OK", "WARNING", "CRITICAL", "UNKNOWN"] as const;

/** `usual` is the value around which this check's measurements lie while all is well. */
export function serviceFinding(
  kind: CheckKind,
  index: number,
  { trouble, usual, dice }: { trouble: Trouble; usual: number; dice: Dice },
): Finding {
  if (trouble === 3) {
    const output = "UNKNOWN - plugin timed out after 10 seconds; no answer";
    return { state: 3, output, longOutput: "", perfData: "" };
  }
  const value = measure(kind, trouble, usual, dice).toFixed(kind.digits);
  return {
    state: trouble,
    output: `${words[trouble]} - ${kind.text(value, index)}`,
    longOutput: kind.details?.(value) ?? "",
    perfData: perfOf(kind, value),
  };
}

/** Hosts are up or down; a slow answer counts as up. */
export function hostFinding(
  kind: CheckKind,
  { trouble, address, dice }: { trouble: Trouble; address: string; dice: Dice },
): Finding {
  if (trouble > 1) {
    const output = `CRITICAL - Host Unreachable (${address})`;
    return {
      state: 1,
      output,
      longOutput: "",
      perfData: "rta=;100;500;0;1000 pl=100%;20;60;0;100",
    };
  }
  const value = measure(kind, trouble, kind.warn / 20, dice).toFixed(kind.digits);
  const perfData = `${perfOf(kind, value)} pl=0%;20;60;0;100`;
  return { state: 0, output: `OK - ${kind.text(value, 0)}`, longOutput: "", perfData };
}

function measure(kind: CheckKind, trouble: Trouble, usual: number, dice: Dice): number {
  if (trouble === 0) return usual * dice.between(0.9, 1.1);
  const [low, high] = trouble === 1 ? [kind.warn, kind.crit] : [kind.crit, kind.max];
  return dice.between(low, high);
}

function perfOf({ label, unit, warn, crit, max }: CheckKind, value: string): string {
  return `${/[ \\]/.test(label) ? `'${label}'` : label}=${value}${unit};${warn};${crit};0;${max}`;
}
