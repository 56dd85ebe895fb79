import { FerryError, limits } from "@siteferry/model";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { failsWith, host, read, record, service } from "./test-livedump.ts";

describe("the text", () => {
  test.each([
    ["nothing", "", /empty/],
    ["a mark alone: livedump failed behind it", "status\n", /no object/],
    ["another mark", `verbatim\n${record("x|")}`, /"verbatim", where status/],
    ["the other kind than its mark", `config x\n${record("x|")}`, /where an object/],
    ["an archive", Buffer.from("\x1f\x8b\x08\0\0\xff", "latin1"), /UTF-8/],
    ["NULs", "\0\0\0\n", /where status/],
    ["letters of another set", Buffer.from(record("Größe|"), "latin1"), /UTF-8/],
    ["lines that end in two ways", record("x|").replace("\n", "\r\n"), /otherwise than the first/],
  ])("%s: is refused", async (_what, text, message) => {
    await failsWith(text, message);
  });

  test("lines may all end as a mail server's do", async () => {
    const text = `status\n${record("x|y")}`.replaceAll("\n", "\r\n");
    expect(await read(text)).toMatchObject({ hosts: [{ plugin_output: "x", perf_data: "y" }] });
  });

  test("too much of anything is refused before it costs anything", async () => {
    await failsWith(Buffer.alloc(100 * 1024 * 1024, "a"), /over 67108864 bytes/);
    await failsWith(record("x".repeat(limits.livedumpLineMax)), /too long/);
    await failsWith(Buffer.alloc(60 * 1024 * 1024, "a"), /in the middle of a line/);
    await failsWith(Buffer.alloc(60 * 1024 * 1024, "\n"), /one blank line too many/);
    const many = Array.from({ length: 99 }, (_, n) => `  ${"a".repeat(n + 1)} x\n`).join("");
    await failsWith(`define host {\n${many}`, /an object that is too long/);
    const blanks = `  alias${" ".repeat(limits.livedumpLineMax - 100)}x\n`;
    await failsWith(`define host {\n${blanks.repeat(2)}}\n`, /alias once more/);
  });

  test("any bytes are read or refused, and nothing else happens", async () => {
    const piece = fc.constantFrom(
      "status\n",
      "config x\n",
      "\n",
      "}\n",
      "\\",
      "|",
      "=",
      host(),
      service(),
      record("x|"),
      "define host {\n",
      "host_name=a\n",
      "  alias  x\n",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece), async (pieces) => {
        const judged = await read(pieces.join("")).catch((error: unknown) => error);
        const code = judged instanceof FerryError ? judged.code : "read";
        expect(judged instanceof Error && !(judged instanceof FerryError)).toBe(false);
        expect(["read", "livedump-invalid"]).toContain(code);
      }),
    );
  });
});
