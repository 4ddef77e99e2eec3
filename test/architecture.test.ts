import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { describe, expect, it } from "@jest/globals";

/** Which room may import from which; `*` stands for one folder, the same on both sides where it is on both. */
const HOUSE: Readonly<Record<string, readonly string[]>> = {
  core: ["core"],
  "kit/testing": ["kit", "local", "app", "core"],
  kit: ["kit", "core"],
  "plugins/*": ["plugins/*"],
  "adapters/*": ["core", "adapters/*"],
  app: ["app", "core", "kit", "adapters", "kintoun.config.ts"],
  "functions/*": ["app", "core", "functions/*"],
  local: ["local", "functions", "app", "core", "kit"],
  infra: [
    "infra",
    "kit",
    "kintoun.config.ts",
    "core/events/listener.ts",
    "core/permissions/areas.ts",
    "core/permissions/principals.ts",
    ...["topology", "config/config", "config/environment", "problem", "config/load-config", "plugins/running"].map(
      (name) => `app/${name}.ts`,
    ),
  ],
  cli: ["cli", "local", "app", "core", "kit", "infra"],
  "kintoun.config.ts": ["plugins"],
};
/** Rooms that may see everything. */
const FREE = ["test", "bench"];
/** What a room may not bring in from npm: core means the same wherever it runs. */
const FORBIDDEN: Readonly<Record<string, RegExp>> = {
  core: /^(@kintoun|@aws-sdk|aws-|hono|@opensearch-project|nodemailer|zod)/,
  kit: /^(@kintoun|@aws-sdk|hono)/,
  plugins: /^@aws-sdk/,
};
/** What a plugin's tests alone bring in, which stand beside it. */
const TESTING = /^(@jest|@kintoun\/kit\/testing)/;

const root = join(import.meta.dirname, "..");
const within = (file: string, room: string): boolean => file === room || file.startsWith(`${room}/`);

const matches = (file: string, room: string): string | undefined => {
  if (!room.endsWith("/*")) return within(file, room) ? room : undefined;
  const [folder, name] = file.split("/");
  return folder === room.slice(0, -2) && name !== undefined ? `${folder}/${name}` : undefined;
};

/** The imports of a file that its room does not allow. */
const strays = (file: string, source: string): string[] => {
  if (FREE.some((room) => within(file, room))) return [];
  const row = Object.keys(HOUSE).find((room) => matches(file, room) !== undefined);
  if (row === undefined) return [`${file} stands in no room of the house`];
  const allowed = (HOUSE[row] ?? []).map((room) => (room === row ? matches(file, room) : room) as string);
  const found = [...source.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g)].map(([, to]) => to as string);
  return found
    .filter((to) => {
      if (!to.startsWith("."))
        return (
          FORBIDDEN[file.split("/")[0] ?? ""]?.test(to) ||
          (row === "plugins/*" && TESTING.test(to) && !file.endsWith(".test.ts"))
        );
      const target = posix.join(dirname(file), to);
      return !allowed.some((room) => within(target, room));
    })
    .map((to) => `${file} imports ${to}`);
};

const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
  (file) =>
    file.endsWith(".ts") && !/^(node_modules|cdk\.out|\.kintoun)\//.test(file) && !file.includes("/node_modules/"),
);

describe("the house plan", () => {
  it("is followed by every import", () => {
    expect(files.length).toBeGreaterThan(100);
    expect(files.flatMap((file) => strays(file, readFileSync(join(root, file), "utf8")))).toEqual([]);
  });

  it.each([
    ["core/objects/get-object.ts", "../../adapters/store/dynamodb/store.ts"],
    ["core/objects/get-object.ts", "../../kit/index.ts"],
    ["core/store/view.ts", "@aws-sdk/client-dynamodb"],
    ["plugins/email/index.ts", "../search/index.ts"],
    ["plugins/email/index.ts", "../../core/mail.ts"],
    ["plugins/email/index.ts", "../../kit/index.ts"],
    ["plugins/email/index.ts", "@kintoun/kit/testing"],
    ["plugins/email/index.ts", "@jest/globals"],
    ["plugins/email/email.test.ts", "../../test/start-store.ts"],
    ["kit/plugin.ts", "@kintoun/kit"],
    ["adapters/mail/smtp.ts", "../queue/sqs.ts"],
    ["functions/api/handler.ts", "../search/handler.ts"],
    ["functions/api/handler.ts", "../../adapters/store/dynamodb/store.ts"],
    ["app/open.ts", "../local/cloud.ts"],
    ["infra/stack.ts", "../app/open.ts"],
    ["stray.ts", "./core/json.ts"],
  ])("does not let %s import %s", (file, to) => {
    expect(strays(file, `import { x } from "${to}";`)).toHaveLength(1);
    expect(strays(file, `const x = await import("${to}");`)).toHaveLength(1);
  });

  it.each([
    ["plugins/email/index.ts", "./words.ts"],
    ["plugins/email/email.test.ts", "@kintoun/kit/testing"],
    ["plugins/email/email.test.ts", "@jest/globals"],
    ["adapters/store/dynamodb/store.ts", "../../../core/store/store.ts"],
    ["functions/api/handler.ts", "../../app/api.ts"],
  ])("lets %s import %s", (file, to) => {
    expect(strays(file, `import { x } from "${to}";`)).toEqual([]);
  });
});

describe("the environment", () => {
  it("is read in app alone", () => {
    const readers = files.filter(
      (file) => !FREE.some((room) => within(file, room)) && /process\.env/.test(readFileSync(join(root, file), "utf8")),
    );

    expect(readers.toSorted()).toEqual(["app/config/load-config.ts", "app/deployed.ts"]);
  });
});
