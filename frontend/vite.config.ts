import { defineConfig } from "vitest/config";

// Two files, each with all that it needs, the stylesheet included (`?inline`):
// `index.js`, an ES module that exports `render()`: what TensorBoard imports into the plugin's
// iframe, whatever --path_prefix it runs under;
// `report.js`, a classic script: what `tb-stability report` writes into its file.
const PAGE = { entry: "src/index.ts", formats: ["es" as const], fileName: () => "index.js" };
const REPORT = {
  entry: "src/report/index.ts",
  formats: ["iife" as const],
  name: "tbStabilityReport",
  fileName: () => "report.js",
};

export default defineConfig(({ mode }) => ({
  base: "./",
  build: {
    outDir: "../tb_stability/static",
    // The report is built first: where there is an index.js, both are there.
    emptyOutDir: mode === "report",
    target: "es2022",
    lib: mode === "report" ? REPORT : PAGE,
    reportCompressedSize: true,
  },
  test: {
    include: ["tests/**/*.test.ts"],
    environment: "node",
  },
}));
