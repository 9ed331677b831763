import { defineConfig } from "vitest/config";

// One ES module, `index.js`, that exports `render()`: what TensorBoard imports into the plugin's
// iframe. The stylesheet is inlined into it (`?inline`), so there is nothing else to find, whatever
// --path_prefix TensorBoard runs under.
export default defineConfig({
  base: "./",
  build: {
    outDir: "../tb_stability/static",
    emptyOutDir: true,
    target: "es2022",
    lib: { entry: "src/index.ts", formats: ["es"], fileName: () => "index.js" },
    reportCompressedSize: true,
  },
  test: {
    include: ["tests/**/*.test.ts"],
    environment: "node",
  },
});
