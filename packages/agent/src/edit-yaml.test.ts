import { describe, expect, test } from "vitest";
import { addToYaml, changedLines, yamlText } from "./edit-yaml.ts";

const site = { prefix: "b-", contacts: ["x"] };

describe("a site is added, and all else stays", () => {
  test("beside others, with their comments", () => {
    const before = `# ours
centre: central   # the centre
sites:
  # the first one
  a: { prefix: "a-" } # quoted
targets:
  - checkresults: { dir: /x, core: nagios }
# the end
`;
    const after = addToYaml(before, ["sites", "b"], site);
    expect(
      changedLines(before, after).filter((line) => !/centre: central|^. $/.test(line)),
    ).toEqual(["+   b: { prefix: b-, contacts: [ x ] }"]);
    for (const comment of ["# ours", "# the centre", "# the first one", "# quoted", "# the end"]) {
      expect(after).toContain(comment);
    }
    expect(after.indexOf("a:")).toBeLessThan(after.indexOf("b:"));
  });

  test.each(["sites:\ncentre: c\n", "sites: {}\ncentre: c\n", "centre: c\n", "sites: { a: {} }\n"])(
    "to %j",
    (before) => {
      const after = addToYaml(before, ["sites", "b"], {});
      expect(after).toMatch(/\bb: \{\}/);
      expect(addToYaml(after, ["sites", "c"], {})).toMatch(/\bb: \{\}[^]*\bc: \{\}/);
    },
  );

  test("never over what is there, nor in what isn't YAML", () => {
    expect(() => addToYaml("sites: { b: {} }", ["sites", "b"], {})).toThrow("sites.b is there");
    expect(() => addToYaml("sites: [", ["sites", "b"], {})).toThrow("isn't YAML");
    expect(() => addToYaml("- x", ["sites", "b"], {})).toThrow("isn't YAML");
  });
});

test.each([
  ["/etc/x.key", "/etc/x.key"],
  ["unix:/run/live", "unix:/run/live"],
  ["https://a:8443", "https://a:8443"],
  ["a: b", '"a: b"'],
  ["no", '"no"'],
  ["# x", '"# x"'],
  ["ends:", '"ends:"'],
  ["12", '"12"'],
  ["a\nb", '"a\\nb"'],
])("%j is written %s", (text, written) => {
  expect(yamlText(text)).toBe(written);
});
