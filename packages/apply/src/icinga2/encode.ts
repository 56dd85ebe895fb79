// The one encoder for values in Icinga 2's language. A value appears there as a string literal and as
// nothing else; what a core wouldn't take, or would take for more than text, is refused, never "cleaned".

const charactersMax = 1024;

/**
 * A string literal. Outside of it nothing of a site ever stands, so only `"`, `\` and control
 * characters matter; of those the caller has refused the last ({@link textFault}).
 */
export function literal(text: string): string {
  return `"${text.replace(/["\\]/g, String.raw`\$&`)}"`;
}

/** An array of string literals. */
export function literals(texts: readonly string[]): string {
  return `[ ${texts.map(literal).join(", ")} ]`;
}

/** Why `value` can't be an attribute of text, such as `display_name`; null if it can. */
export function textFault(value: string): string | null {
  if (value === "") return "is empty";
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(value)) return "contains a control character";
  if (!value.isWellFormed()) return "is not valid Unicode";
  if (value.length > charactersMax) return `is longer than ${charactersMax} characters`;
  return null;
}

/** As {@link textFault}, for names of objects: `!` separates host and service in Icinga 2. */
export function objectNameFault(name: string): string | null {
  return name.includes("!") ? "contains !" : textFault(name);
}

/**
 * As {@link textFault}, for an address: it is what central commands get as an argument, if an operator's
 * template has any. `$` begins a macro, `-` an option; a shell's own characters stand in no address.
 */
export function addressFault(address: string): string | null {
  if (address.startsWith("-")) return "begins with -";
  const special = /[\s$;&|<>(){}`'"\\!*?]/.exec(address)?.[0];
  if (special !== undefined) return `contains ${special.trim() === "" ? "a blank" : special}`;
  return textFault(address);
}

/** As {@link textFault}, for custom variables, in which Icinga 2 looks for macros: `$`. */
export function variableFault(value: string): string | null {
  return value.includes("$") ? "contains $" : textFault(value);
}
