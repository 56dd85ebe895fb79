import { defineConfig, type ViteUserConfig } from "vitest/config";

const shared = { setupFiles: ["test/fail-on-warning.ts"] };

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      { test: { ...shared, name: "unit", include: ["packages/*/src/**/*.test.ts"] } },
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
