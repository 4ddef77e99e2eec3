import applicator2019 from "ajv/dist/refs/json-schema-2019-09/meta/applicator.json" with { type: "json" };
import content2019 from "ajv/dist/refs/json-schema-2019-09/meta/content.json" with { type: "json" };
import core2019 from "ajv/dist/refs/json-schema-2019-09/meta/core.json" with { type: "json" };
import format2019 from "ajv/dist/refs/json-schema-2019-09/meta/format.json" with { type: "json" };
import metaData2019 from "ajv/dist/refs/json-schema-2019-09/meta/meta-data.json" with { type: "json" };
import validation2019 from "ajv/dist/refs/json-schema-2019-09/meta/validation.json" with { type: "json" };
import draft2019 from "ajv/dist/refs/json-schema-2019-09/schema.json" with { type: "json" };
import applicator2020 from "ajv/dist/refs/json-schema-2020-12/meta/applicator.json" with { type: "json" };
import content2020 from "ajv/dist/refs/json-schema-2020-12/meta/content.json" with { type: "json" };
import core2020 from "ajv/dist/refs/json-schema-2020-12/meta/core.json" with { type: "json" };
import format2020 from "ajv/dist/refs/json-schema-2020-12/meta/format-annotation.json" with { type: "json" };
import metaData2020 from "ajv/dist/refs/json-schema-2020-12/meta/meta-data.json" with { type: "json" };
import unevaluated2020 from "ajv/dist/refs/json-schema-2020-12/meta/unevaluated.json" with { type: "json" };
import validation2020 from "ajv/dist/refs/json-schema-2020-12/meta/validation.json" with { type: "json" };
import draft2020 from "ajv/dist/refs/json-schema-2020-12/schema.json" with { type: "json" };
import draft6 from "ajv/dist/refs/json-schema-draft-06.json" with { type: "json" };
import draft7 from "ajv/dist/refs/json-schema-draft-07.json" with { type: "json" };
import draft4 from "ajv-draft-04/dist/refs/json-schema-draft-04.json" with { type: "json" };
import type { Json, JsonObject } from "../json.ts";

const replaceProperties = (schema: JsonObject, changed: JsonObject): JsonObject => ({
  ...schema,
  properties: { ...(schema.properties as JsonObject), ...changed },
});

/**
 * The metaschemas of all drafts, with their vocabularies. They are ajv's copies. Those of drafts 4, 6 and 7 differ from
 * json-schema.org's in a few properties, which are replaced here.
 */
export const METASCHEMAS: readonly JsonObject[] = [
  replaceProperties(draft4, { format: { type: "string" } }),
  replaceProperties(draft6, {
    patternProperties: { ...draft6.properties.patternProperties, propertyNames: { format: "regex" } },
    enum: { type: "array" },
  }),
  replaceProperties(draft7, { enum: { type: "array", items: true } }),
  ...[draft2019, core2019, applicator2019, validation2019, metaData2019, format2019, content2019],
  ...[draft2020, core2020, applicator2020, unevaluated2020, validation2020, metaData2020, format2020, content2020],
] as readonly Json[] as readonly JsonObject[];
