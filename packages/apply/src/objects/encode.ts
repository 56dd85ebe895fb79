// The one encoder for values in object configuration. Nagios's format has no quoting, so a value
// either can stand there as it is or is refused; nothing is ever "cleaned" into another value.

/** A value that was refused and what became of its object. `value` is safe to print. */
export interface ObjectRefusal {
  /** `host web1`, `service web1/Disk`, `hostgroup linux`; safe to print. */
  readonly object: string;
  readonly directive: string;
  readonly reason: string;
  /** `left out`: the object isn't rendered; `replaced`: the directive has another value or is left out. */
  readonly outcome: "left out" | "replaced" | "not put into it";
}

/**
 * illegal_object_name_chars of the sample nagios.cfg. The core refuses its whole configuration if one
 * name has one of them, so this has to be what the centre's core is configured with.
 */
export const defaultIllegalNameCharacters = "`~!$%^&*|'\"<>?,()=";

/**
 * illegal_macro_output_chars of the sample nagios.cfg: what the core takes out of plugin output before
 * it becomes part of a command line. It doesn't do so with aliases, addresses and notes, though
 * notification commands have them too, mostly in quotes of the shell.
 */
export const defaultIllegalValueCharacters = "`~$&|'\"<>";

const valueCharactersMax = 1024;

/**
 * Why `value` can't stand in a directive, or null. A line feed or `}` would begin a directive of the
 * site's choice, `;` and a leading `#` a comment, `$` a macro; `\` at the end joins the next line;
 * blanks at the ends are trimmed by the core; `null` undoes what a template says.
 */
export function valueFault(value: string, illegalCharacters = ""): string | null {
  if (value === "") return "is empty";
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(value)) return "contains a control character";
  const forbidden = /[{};$]/.exec(value)?.[0];
  if (forbidden !== undefined) return `contains ${forbidden}`;
  if (value.startsWith("#")) return "begins with #";
  if (value.endsWith("\\")) return "ends with a backslash";
  if (value.trim() !== value) return "begins or ends with a blank";
  if (value === "null") return "is the word null";
  if (!value.isWellFormed()) return "is not valid Unicode";
  if (value.length > valueCharactersMax) return `is longer than ${valueCharactersMax} characters`;
  return illegalIn(value, illegalCharacters);
}

/** As {@link valueFault}, for what the core takes as an object's name. */
export function nameFault(name: string, illegalCharacters: string): string | null {
  return illegalIn(name, illegalCharacters) ?? valueFault(name);
}

/**
 * As {@link nameFault}, for names that other objects list: `,` ends a name there, a leading `!`
 * excludes, a leading `+` adds to a template's list, `*` and `?` are patterns.
 */
export function listedNameFault(name: string, illegalCharacters: string): string | null {
  const special = /[,*?]|^[!+]/.exec(name)?.[0];
  return special === undefined ? nameFault(name, illegalCharacters) : `contains ${special}`;
}

/**
 * An address is a word of every command that reaches the host: names, IPv4, IPv6 with a zone, a
 * port or a path, and nothing that a shell or a program's options would understand.
 */
export function addressFault(address: string): string | null {
  const isAddress = /^[\p{L}\p{N}:[][\p{L}\p{N}._:%/@[\]-]{0,254}$/u.test(address);
  return valueFault(address) ?? (isAddress ? null : "is no name or address");
}

/** What a browser follows when somebody at the centre clicks. */
export function linkFault(link: string, illegalCharacters: string): string | null {
  const fault = valueFault(link, illegalCharacters);
  if (fault !== null) return fault;
  return /^(https?:\/\/|\/(?!\/))[^\s\\]*$/i.test(link) ? null : "is no http address or path";
}

/** A picture of the centre's own, below its directory of logos. */
export function iconFault(icon: string): string | null {
  const isPlain = /^[\w-][\w .+/-]{0,254}$/.test(icon) && !icon.includes("..");
  return isPlain && icon.trim() === icon ? null : "is no name of a picture";
}

/** One line of an object, the value encoded by the caller. */
export function directive(name: string, value: string | number): string {
  return `  ${name.padEnd(22)} ${value}\n`;
}

function illegalIn(text: string, illegalCharacters: string): string | null {
  for (const character of text) {
    if (illegalCharacters.includes(character)) return `contains ${character}`;
  }
  return null;
}
