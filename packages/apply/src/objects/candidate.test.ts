import { expect, test } from "vitest";
import { candidateConfiguration, parseMainConfiguration } from "./candidate.ts";

const paths = {
  mainFile: "/etc/nagios4/nagios.cfg",
  directory: "/etc/nagios4/siteferry",
  at: "/c",
};

test("another generation stands in for the object directory; relative paths keep their place", () => {
  const main = `# cfg_dir=/etc/nagios4/siteferry
cfg_file=objects/commands.cfg
cfg_dir = siteferry/
log_file=/var/log/nagios.log
date_format=iso8601`;
  const { text, shadows } = candidateConfiguration(main, paths);
  expect(text).toBe(`# cfg_dir=/etc/nagios4/siteferry
cfg_file=/etc/nagios4/objects/commands.cfg
cfg_dir=/c/dir0
log_file=/var/log/nagios.log
date_format=iso8601
log_file=/c/check.log
`);
  expect([...shadows]).toEqual([["dir0", { of: "/etc/nagios4/siteferry", through: null }]]);
});

test("a directory above it is read through one that has all else of it, as in OMD", () => {
  const main = "cfg_dir=/omd/sites/a/etc/nagios/conf.d";
  const directory = "/omd/sites/a/etc/nagios/conf.d/sub/siteferry";
  const { text, shadows } = candidateConfiguration(main, { ...paths, directory });
  expect(text).toContain("cfg_dir=/c/dir0\n");
  expect([...shadows]).toEqual([
    ["dir0", { of: "/omd/sites/a/etc/nagios/conf.d", through: "sub" }],
    ["dir0/sub", { of: "/omd/sites/a/etc/nagios/conf.d/sub", through: "siteferry" }],
    ["dir0/sub/siteferry", { of: directory, through: null }],
  ]);
});

test("a core that doesn't read the directory is told which line is missing", () => {
  for (const main of ["", "cfg_dir=/etc/nagios4/siteferry2", "cfg_file=/etc/nagios4/siteferry"]) {
    expect(() => candidateConfiguration(main, paths)).toThrow(
      expect.objectContaining({
        code: "settings-invalid",
        message: expect.stringContaining("cfg_dir=/etc/nagios4/siteferry"),
      }),
    );
  }
});

test("the core's own files, the last line counting, relative to the main file", () => {
  const main = "command_file=/a\nobject_cache_file=var/objects.cache\ncommand_file=/b\n";
  expect(parseMainConfiguration(main, paths.mainFile)).toEqual({
    command_file: "/b",
    object_cache_file: "/etc/nagios4/var/objects.cache",
  });
});

test("R40 a core that takes names as patterns is asked which", () => {
  const of = (main: string) => parseMainConfiguration(main, "/n.cfg");
  expect(of("use_regexp_matching=0\nuse_true_regexp_matching=1")).toEqual({});
  expect(of("use_regexp_matching = 1")).toEqual({ patternCharacters: "+\\" });
  expect(() => of("use_regexp_matching=1\nuse_true_regexp_matching=1")).toThrow("every name");
});
