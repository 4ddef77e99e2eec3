// Checks forms as the class of Ajv 6 that kinto-admin-form uses, without making code of a schema.
import { Validator } from "@cfworker/json-schema";
import { toFormSchema } from "./form-schema.js";

/** Keywords whose error only says that one below them fails. */
const OUTER_KEYWORDS = ["properties", "patternProperties", "additionalProperties", "items", "$ref", "allOf"];

export default class FormValidator {
  errors = null;

  addFormat() {}

  addMetaSchema() {}

  /**
   * Whether data follows a schema, as far as a browser can check it safely; the server checks the rest. Sets `errors` to what
   * does not, by the path of the property.
   */
  validate(schema, data) {
    const errors = findErrors(schema, data);
    this.errors = errors.filter(({ keyword, error }) => !OUTER_KEYWORDS.includes(keyword) || error === "").map(toError);
    return errors.length === 0;
  }
}

const findErrors = (schema, data) => {
  try {
    // A form keeps fields that were emptied as undefined, which are no JSON.
    return new Validator(toFormSchema(schema), "7", false).validate(data === undefined ? null : toJson(data)).errors;
  } catch {
    // A reference leads nowhere, or to itself. The server says so.
    return [];
  }
};

const toJson = (data) => JSON.parse(JSON.stringify(data));

const toError = ({ keyword, keywordLocation, instanceLocation, error }) => {
  const missing = keyword === "required" ? /"(.*)"/.exec(error)?.[1] : undefined;
  const parts = instanceLocation.split("/").slice(1).map(decodePart);
  return {
    keyword,
    dataPath: [...parts, ...(missing === undefined ? [] : [missing])].map(formatPart).join(""),
    message: missing === undefined ? error : "is a required property",
    params: {},
    schemaPath: keywordLocation,
  };
};

const formatPart = (part) => (/^[A-Za-z_]\w*$/.test(part) ? `.${part}` : `[${JSON.stringify(part)}]`);

const decodePart = (part) => decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
