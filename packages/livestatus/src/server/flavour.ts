// In what servers differ, as seen on naemon-livestatus 1.5.1 and Icinga 2.13.6. A client that gets
// along with each of these gets along with the field.

import type { RequestFault } from "./fault.ts";

export type FlavourName = "naemon" | "checkmk" | "icinga2";

export interface Flavour {
  /** The sixteenth byte of a response header: LF, or Icinga 2's first separator. */
  readonly headerEnd: "line-feed" | "row-separator";
  /** Unknown columns: answered as empty, or with an error of this number. */
  readonly unknownColumn: "empty" | 450 | 452;
  /** An operator that a type doesn't have: an error, or every row matches. */
  readonly foreignOperator: "error" | "matches";
  /** Whether there is a table of columns. */
  readonly describesItself: boolean;
  /** Whether COMMAND is answered with an empty 200 if a response header was asked for. */
  readonly answersCommands: boolean;
  readonly rowOrder: "as-served" | "another";
  /** Header lines that it doesn't know, AuthUser among them for Icinga 2. */
  readonly unknownHeader: "error" | "ignored";
  /** json breaks characters of four bytes. */
  readonly jsonLossy: boolean;
  /** How a fault is told: with a header if one was asked for, as text without one, or by hanging up. */
  tell(fault: RequestFault, fixed16: boolean): "as-asked" | "bare" | "hang-up";
  formatFloat(value: number): string;
}

const naemon: Flavour = {
  headerEnd: "line-feed",
  unknownColumn: "empty",
  foreignOperator: "matches",
  describesItself: true,
  answersCommands: false,
  rowOrder: "as-served",
  unknownHeader: "error",
  jsonLossy: true,
  tell: (fault) => (fault.place === "request" ? "as-asked" : "bare"),
  formatFloat: formatExponent,
};

const checkmk: Flavour = {
  ...naemon,
  unknownColumn: 450,
  foreignOperator: "error",
  jsonLossy: false,
  tell: () => "as-asked",
};

const icinga2: Flavour = {
  headerEnd: "row-separator",
  unknownColumn: 452,
  foreignOperator: "error",
  describesItself: false,
  answersCommands: true,
  rowOrder: "another",
  unknownHeader: "ignored",
  jsonLossy: false,
  tell: (fault, fixed16) => (fixed16 && fault.place === "request" ? "as-asked" : "hang-up"),
  formatFloat: (value) => value.toFixed(6),
};

export const flavours: Readonly<Record<FlavourName, Flavour>> = { naemon, checkmk, icinga2 };

/** C's `%.10e`. */
function formatExponent(value: number): string {
  return value.toExponential(10).replace(/e([+-])(\d)$/, "e$10$2");
}
