import { type Dialect, indent, type Part } from "./part.ts";
import { PARTS } from "./parts.ts";
import type { NewPlugin } from "./plugin.ts";

/** A plugin's tests for jest, beside the plugin in a checkout. */
export const jestTests = (plugin: NewPlugin): string =>
  written(plugin, JEST, [
    'import { describe, expect, it } from "@jest/globals";',
    TESTING,
    `import { ${plugin.identifier} } from "./index.ts";`,
  ]);

/** A plugin's tests for Node's own runner. @param from the module of the plugin */
export const nodeTests = (plugin: NewPlugin, from: string): string =>
  written(plugin, NODE, [
    'import assert from "node:assert/strict";',
    'import { describe, it } from "node:test";',
    TESTING,
    `import { ${plugin.identifier} } from ${JSON.stringify(from)};`,
  ]);

const TESTING = 'import { startTestStore } from "@kintoun/testing";';

const JEST: Dialect = {
  start: (call) => `await using store = await startTestStore({ plugins: [${call}] });`,
  equal: (actual, expected) => `expect(${actual}).toEqual(${expected});`,
  rejects: (promise, text) => `await expect(${promise}).rejects.toThrow(${JSON.stringify(text)});`,
};

/** Node 22 does not know `await using` yet. */
const NODE: Dialect = {
  start: (call) => `const store = await startTestStore({ plugins: [${call}] });\ntest.after(() => store.close());`,
  equal: (actual, expected) => `assert.deepEqual(${actual}, ${expected});`,
  rejects: (promise, text) =>
    `await assert.rejects(${promise}, (error: Error) => error.message.includes(${JSON.stringify(text)}));`,
};

const written = (plugin: NewPlugin, dialect: Dialect, imports: readonly string[]): string => {
  const tests = plugin.parts
    .flatMap((name) => (PARTS[name] as Part).tests(plugin, dialect))
    .map(({ title, body }) => test(title, body.trim()));
  return [
    ...imports,
    "",
    `describe(${JSON.stringify(plugin.name)}, () => {`,
    indent(tests.join("\n\n"), 2),
    "});",
    "",
  ].join("\n");
};

const test = (title: string, body: string): string =>
  [`it(${JSON.stringify(title)}, async (${/\btest\./.test(body) ? "test" : ""}) => {`, indent(body, 2), "});"].join(
    "\n",
  );
