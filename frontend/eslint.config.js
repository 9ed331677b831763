import js from "@eslint/js";
import tseslint from "typescript-eslint";

const dom = ["document", "window", "HTMLElement", "Element", "Node"];
const network = ["fetch", "XMLHttpRequest", "EventSource", "WebSocket"];
const banned = (names, message) => ["error", ...names.map((name) => ({ name, message }))];

export default tseslint.config(
  { ignores: ["node_modules/", "dist/"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ["eslint.config.js"] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "no-restricted-properties": [
        "error",
        ...["innerHTML", "outerHTML", "insertAdjacentHTML"].map((property) => ({
          property,
          message: "Names come from users: set text only (ui/dom.ts).",
        })),
      ],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-non-null-assertion": "off",
      "no-undef": "off",
    },
  },
  { files: ["eslint.config.js"], ...tseslint.configs.disableTypeChecked },
  {
    // Which layer may touch what; see README.md.
    files: ["src/api/**", "src/model/**"],
    rules: { "no-restricted-globals": banned(dom, "This layer never touches the DOM.") },
  },
  {
    files: ["src/charts/**", "src/panels/**", "src/model/**", "src/ui/**"],
    rules: { "no-restricted-globals": banned(network, "Only src/api talks to the server.") },
  },
);
