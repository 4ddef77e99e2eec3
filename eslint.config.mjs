import tseslint from "typescript-eslint";

/** Only what needs types: the rest is biome's. */
export default tseslint.config(
  { ignores: ["node_modules/", "cdk.out/", ".kintoun/"] },
  {
    files: ["**/*.ts"],
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true } },
    plugins: { ts: tseslint.plugin },
    rules: {
      "ts/no-floating-promises": "error",
      "ts/no-misused-promises": "error",
      "ts/await-thenable": "error",
      "ts/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    },
  },
  // A test's server may fail loudly.
  {
    files: ["test/**/*.ts"],
    plugins: { ts: tseslint.plugin },
    rules: { "ts/no-misused-promises": ["error", { checksVoidReturn: { arguments: false } }] },
  },
);
