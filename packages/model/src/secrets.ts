// What must never be said. Some servers repeat in their complaints what they were sent, be it as base64; so
// whatever was read as a password or a token is remembered here, and `printable` leaves it out, wherever it
// comes from. The only state of this package: a secret is one for the whole process.

const known = new Set<string>();
let pattern: RegExp | null = null;

/** Shorter ones would be found in words that are none of them, and so be told. */
const charactersMin = 6;

/** Longer ones than any that is sent to somebody. */
export const secretCharactersMax = 1024;

/** A password or a token, of one line. */
export function keepSecret(text: string): void {
  if (known.has(text) || text.length < charactersMin || text.length > secretCharactersMax) return;
  known.add(text);
  const forms = [...known].flatMap(formsOf).toSorted((one, other) => other.length - one.length);
  pattern = new RegExp(forms.map((form) => RegExp.escape(form)).join("|"), "g");
}

/** `text` with `[secret]` in place of each that is known, as it is or encoded. */
export function withoutSecrets(text: string): string {
  return pattern === null ? text : text.replace(pattern, "[secret]");
}

function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const escaped = JSON.stringify(secret).slice(1, -1);
  return [
    ...new Set([
      secret,
      escaped,
      encodeURIComponent(secret),
      // As a protocol's lines are often read.
      bytes.toString("latin1"),
      ...[0, 1, 2].flatMap((before) => base64Of(bytes, before)),
    ]),
  ];
}

/** The characters of base64 that are the secret's alone, if so many bytes (modulo 3) stand before it. */
function base64Of(bytes: Buffer, before: number): readonly string[] {
  const whole = Buffer.concat([Buffer.alloc(before), bytes]);
  const end = Math.floor((whole.length * 8) / 6);
  return (["base64", "base64url"] as const).map((encoding) =>
    whole.toString(encoding).slice(Math.ceil((before * 8) / 6), end),
  );
}
