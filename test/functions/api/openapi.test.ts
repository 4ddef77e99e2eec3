import { describe, expect, it } from "@jest/globals";
import { definePlugin, jsonResponse } from "@kintoun/kit";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as z from "zod";
import { SEARCH_ROUTES } from "../../../config/functions.ts";
import { CORE_RESOURCES, isId } from "../../../core/resources.ts";
import type { EndpointSetting } from "../../../core/settings.ts";
import { ID_PATTERN } from "../../../functions/api/openapi/schemas.ts";
import config from "../../../kintoun.config.ts";
import type { KintounConfig, ProtocolSettings } from "../../../kit/config.ts";
import { accounts } from "../../../plugins/accounts/index.ts";
import { basicauth } from "../../../plugins/basicauth/index.ts";
import { csv } from "../../../plugins/csv/index.ts";
import { defaultBucket } from "../../../plugins/default-bucket/index.ts";
import { flush } from "../../../plugins/flush/index.ts";
import { ndjson } from "../../../plugins/ndjson/index.ts";
import { rateLimits } from "../../../plugins/rate-limits/index.ts";
import { search } from "../../../plugins/search/index.ts";
import { xml } from "../../../plugins/xml/index.ts";
import { startStore } from "../../start-store.ts";

interface Document {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          { readonly operationId: string; readonly summary: string; readonly responses: Record<string, unknown> }
        >
      >
    >
  >;
  readonly tags: readonly { readonly name: string; readonly description?: string }[];
  readonly components: {
    readonly securitySchemes: Readonly<Record<string, unknown>>;
    readonly schemas: Readonly<Record<string, { readonly examples?: readonly unknown[] }>>;
  };
}

const documentOf = async (given: Partial<KintounConfig>): Promise<Document> => {
  await using store = await startStore(given);
  return (await store.get("/__api__", { as: null })).body;
};

/** `get /buckets` and the like. */
const operationsOf = ({ paths }: Document): string[] =>
  Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).flatMap((key) => (key === "parameters" ? [] : [`${key} ${path}`])),
  );
const idsOf = ({ paths }: Document): string[] =>
  Object.values(paths).flatMap((item) => Object.values(item).flatMap(({ operationId }) => operationId ?? []));

const METHODS = ["Get", "Head", "Post", "Put", "Patch", "Delete"] as const;
const ALL_OFF: ProtocolSettings = {
  experimentalPermissionsEndpoint: false,
  experimentalCollectionSchemaValidation: false,
  ...Object.fromEntries(
    CORE_RESOURCES.flatMap((name) =>
      METHODS.flatMap((method) =>
        (["plural", "object"] as const).map((kind) => [
          `${kind}${name.charAt(0).toUpperCase()}${name.slice(1)}${method}Enabled` as EndpointSetting,
          false,
        ]),
      ),
    ),
  ),
};

const PART = z.object({
  name: z.string(),
  get parts() {
    return z.array(PART).optional();
  },
});

/** Has something to do wherever there is something. */
const robot = definePlugin({
  name: "robot",
  about: "Is a test.",
  resources: { device: { about: "A thing.", parent: "collection" } },
  actions: {
    go: { about: "Goes.", on: ["server", "bucket", "group", "collection", "record", "device"], run: () => "gone" },
  },
});

/** Takes whatever a route can take. */
const library = definePlugin({
  name: "library",
  about: "Is a test.",
  routes: {
    "GET /library": {
      about: "Finds books.",
      input: z.object({ query: z.object({ q: z.string().describe("Words."), size: z.int().optional() }) }),
      run: () => jsonResponse({}),
    },
    "PUT /library/:book": {
      about: "Puts a book.",
      input: z.object({ body: z.object({ title: z.string() }) }),
      permission: { on: "/buckets/library", permission: "write" },
      responses: { 200: "It is there.", 201: "It is new." },
      run: () => jsonResponse({}),
    },
    "POST /library/:id/parts": {
      about: "Puts parts that have parts.",
      input: z.object({ body: PART.optional() }),
      run: () => jsonResponse({}),
    },
    "GET /buckets/:name/collections": { about: "Takes the place of a list.", run: () => jsonResponse({}) },
  },
});

describe("the OpenAPI document", () => {
  it.each<[string, Partial<KintounConfig>]>([
    ["as the store comes", config],
    ["without any plugin", { plugins: [] }],
    ["with all off that can be", { plugins: [], settings: ALL_OFF }],
    ["that may only be read", { settings: { readonly: true } }],
    ["of plugins", { plugins: [basicauth(), defaultBucket(), flush()] }],
    ["of plugins with inputs and renderers", { plugins: [basicauth(), library(), xml(), csv(), ndjson()] }],
    ["of plugins that have things to do", { plugins: [basicauth(), defaultBucket(), robot()] }],
    ["near the end of the service", { settings: { eos: "2999-01-01", backoff: 3 } }],
  ])("is valid and has unique operation ids: %s", async (_, given) => {
    const document = await documentOf(given);

    expect(await new Validator().validate(structuredClone(document) as unknown as Record<string, unknown>)).toEqual({
      valid: true,
    });
    expect(idsOf(document).toSorted()).toEqual([...new Set(idsOf(document))].toSorted());
  });

  it("uses Kinto's operation ids", async () => {
    expect(idsOf(await documentOf(config))).toEqual(expect.arrayContaining(KINTO_IDS));
  });

  it("omits disabled endpoints", async () => {
    expect(operationsOf(await documentOf({ plugins: [], settings: ALL_OFF })).toSorted()).toEqual(
      [
        "post /batch",
        ...["/", "/__api__", "/__heartbeat__", "/__lbheartbeat__", "/__version__", "/contribute.json"].flatMap(
          (path) => [`get ${path}`, `head ${path}`],
        ),
      ].toSorted(),
    );
    const readable = operationsOf(await documentOf({ settings: { readonly: true } }));
    expect(readable).toContain("get /buckets");
    expect(readable.filter((operation) => !/^(get|head) /.test(operation))).toEqual([]);
    expect(operationsOf(await documentOf({ settings: { objectRecordPatchEnabled: false } }))).not.toContain(
      "patch /buckets/{bucket_id}/collections/{collection_id}/records/{id}",
    );
  });

  it("has plugins' routes, but no rewrites", async () => {
    const without = operationsOf(await documentOf({ plugins: [basicauth()] }));
    const withPlugins = operationsOf(await documentOf({ plugins: [basicauth(), defaultBucket(), flush()] }));

    expect(withPlugins.filter((operation) => !without.includes(operation))).toEqual(["post /__flush__"]);
    expect(
      operationsOf(await documentOf({ plugins: [basicauth(), search()] })).filter(
        // Its action has endpoints of actions and jobs, too.
        (operation) => operation.includes("/search"),
      ),
    ).toEqual(
      SEARCH_ROUTES.flatMap(({ path, methods }) =>
        methods.map((method) => `${method.toLowerCase()} ${path.replaceAll(/\{(\w+)\}/g, "{$1_id}")}`),
      ),
    );
  });

  it("says in words what tags, operations and parts of paths are", async () => {
    const { tags, paths } = await documentOf({
      plugins: [basicauth(), accounts({ createPrincipals: ["system.Everyone"] }), search(), library(), rateLimits()],
    });

    expect(tags.map(({ name }) => name)).toEqual([
      ...["Buckets", "Collections", "Groups", "Records", "Search", "Permissions", "Batch", "Actions", "Jobs"],
      ...["Utilities", "Accounts", "Library"],
    ]);
    expect(tags.filter(({ description = "" }) => !description.endsWith("."))).toEqual([]);
    expect(paths["/accounts/{id}"]?.delete?.summary).toBe("Deletes an account.");
    expect(paths["/accounts/{id}"]?.parameters).toMatchObject([{ description: "The id of the account." }]);
    const summaries = Object.values(paths).flatMap((item) =>
      Object.values(item).flatMap(({ summary }) => summary ?? []),
    );
    expect(summaries.filter((summary) => !/^[A-Z][a-z]*s (?!.*\ba [aeiou]).*\.$/.test(summary))).toEqual([]);
  });

  it("has examples that are valid", async () => {
    const document = await documentOf({ plugins: [basicauth(), search()] });
    const ajv = new Ajv2020({ strict: false }).addSchema(document, "document");
    const examples = Object.entries(document.components.schemas).flatMap(([name, one]) =>
      (one.examples ?? []).map((example) => [name, example] as const),
    );

    expect(examples.length).toBeGreaterThan(10);
    for (const [name, example] of examples)
      expect([name, ajv.validate(`document#/components/schemas/${name}`, example), ajv.errors]).toEqual([
        name,
        true,
        null,
      ]);
  });

  it("has the authentication schemes", async () => {
    const token = definePlugin({
      name: "token",
      about: "",
      authentication: { schemes: ["bearer", "mail"], challenge: 'Bearer realm="x"', identify: () => null },
    });
    const cookie = definePlugin({
      name: "cookie",
      about: "",
      authentication: { challenge: "Cookie", identify: () => null },
    });

    expect((await documentOf({ plugins: [basicauth(), token(), cookie()] })).components.securitySchemes).toEqual(
      Object.fromEntries(["basic", "bearer", "mail", "cookie"].map((scheme) => [scheme, { type: "http", scheme }])),
    );
  });

  it.each(["a", "a-_9", "default", "-a", "_a", "", "a/b", "é", "a\n", "a".repeat(256), "a".repeat(257)])(
    "knows whether %j is an id",
    (id) => {
      expect(new RegExp(ID_PATTERN).test(id)).toBe(isId(id));
    },
  );
});

/** Of Kinto 26's own document. */
const KINTO_IDS = [
  ...[
    "batch",
    "__heartbeat__",
    "__lbheartbeat__",
    "server_info",
    "get_openapi_spec",
    "__version__",
    "contribute",
    "get_permissionss",
  ],
  ...CORE_RESOURCES.flatMap((name) => [
    ...[`get_${name}s`, `create_${name}`, `delete_${name}s`],
    ...[`get_${name}`, `update_${name}`, `patch_${name}`, `delete_${name}`],
  ]),
];
