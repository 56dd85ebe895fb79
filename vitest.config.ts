import { defineConfig, type ViteUserConfig } from "vitest/config";
import { LongFirst } from "./test/long-first.ts";

const shared = { setupFiles: ["test/fail-on-warning.ts"] };

const config: ViteUserConfig = defineConfig({
  test: {
    // Most tests wait for a core, a server or the disk.
    maxWorkers: 3,
    sequence: { sequencer: LongFirst },
    projects: [
      {
        test: {
          ...shared,
          name: "unit",
          include: ["packages/*/src/**/*.test.ts"],
          // Nobody waits so long; but a machine with other work must not make a test fail.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          ...shared,
          name: "whole",
          include: ["test/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});

export default config;
