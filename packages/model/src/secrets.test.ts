import { describe, expect, test } from "vitest";
import { printable } from "./names.ts";
import { keepSecret } from "./secrets.ts";

const password = 'p"ä\\ss w0rd?';
const token = "0123456789abcdef0123456789abcdef";
for (const secret of [password, token, "short", ""]) keepSecret(secret);
const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe("a server's complaint that repeats what it was sent", () => {
  test.each([
    ["as it is", `-ERR unknown: PASS ${password}`, "-ERR unknown: PASS [secret]"],
    ["twice", `${token}${token}`, "[secret][secret]"],
    ["as a quoted string", `BAD LOGIN "p\\"ä\\\\ss w0rd?"`, 'BAD LOGIN "[secret]"'],
    ["in a URL", `/?t=${encodeURIComponent(password)}`, "/?t=[secret]"],
    [
      "read byte by byte",
      Buffer.from(`PASS ${password}`, "utf8").toString("latin1"),
      "PASS [secret]",
    ],
  ])("%s", (_, said, shown) => {
    expect(printable(said, 400)).toBe(shown);
  });

  test("as base64, whatever stands around it", () => {
    for (const secret of [password, token]) {
      for (const before of ["", "u:", "u", "\0user\0", "user:", "users:"]) {
        for (const after of ["", "\0", "ab", "abc"]) {
          const said = base64(before + secret + after);
          const shown = printable(`504 ${said}`, 400);
          expect(shown).toContain("[secret]");
          // Of the characters at its ends some bits are its neighbours'.
          const left = shown.replace("504 ", "").replace("[secret]", "");
          const most = base64(before).length + base64(after).length + 4;
          expect(left.length, shown).toBeLessThanOrEqual(most);
        }
      }
    }
  });

  test("where the cut would leave its first half", () => {
    expect(printable(`${"x".repeat(70)}${token}`)).toBe(`${"x".repeat(70)}[secret]`);
  });

  test("what is too short to be told from a word stays", () => {
    expect(printable("shortly")).toBe("shortly");
  });
});
