// What must never be said. Some servers repeat in their complaints what they were sent, be it as base64; so
// whatever was read as a password or a token is remembered here, and `printable` leaves it out, wherever it
// comes from. The only state of this package: a secret is one for the whole process.

/** Shorter ones would be found in words that are none of them, and so be told. */
const charactersMin = 6;

/** Longer ones than any that is sent to somebody. */
export const secretCharactersMax = 1024;

const known = new Set<string>();
/** All forms by how they begin, the longest first: a centre may have a token for each of thousands of sites. */
const forms = new Map<string, readonly string[]>();

/** A password or a token, of one line. */
export function keepSecret(text: string): void {
  if (known.has(text) || text.length < charactersMin || text.length > secretCharactersMax) return;
  known.add(text);
  for (const form of formsOf(text)) {
    const start = form.slice(0, charactersMin);
    const all = [...(forms.get(start) ?? []), form];
    forms.set(
      start,
      all.toSorted((one, other) => other.length - one.length),
    );
  }
}

/** `text` with `[secret]` in place of each that is known, as it is or encoded. */
export function withoutSecrets(text: string): string {
  if (forms.size === 0) return text;
  let shown = "";
  let begin = 0;
  for (let at = 0; at < text.length;) {
    const candidates = forms.get(text.slice(at, at + charactersMin));
    const found = candidates?.find((form) => text.startsWith(form, at));
    if (found !== undefined) {
      shown += `${text.slice(begin, at)}[secret]`;
      begin = at + found.length;
    }
    at = found === undefined ? at + 1 : begin;
  }
  return shown + text.slice(begin);
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
