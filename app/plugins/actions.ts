import type { Action, ActionParam, ParamIssue } from "../../core/jobs/action.ts";
import type { ActionManifest } from "../../kit/parts/actions.ts";
import type { PluginManifest } from "../../kit/plugin.ts";
import type { StandardSchema } from "../../kit/schema.ts";
import { describeIssues, toJsonSchema } from "../../kit/schema.ts";
import { isObject, type JsonObject } from "../../lib/json.ts";

/** The actions of all plugins, in the config's order. */
export const listActions = (plugins: readonly PluginManifest[]): readonly Action[] =>
  plugins.flatMap(({ name: plugin, actions }) =>
    Object.entries(actions).map(([name, action]) => toAction(plugin, name, action)),
  );

const toAction = (
  plugin: string,
  name: string,
  { timeLimit, retries, expiry, params, ...action }: ActionManifest,
): Action => ({
  ...action,
  plugin,
  name,
  limits: { timeLimit, retries, expiry },
  params: params === undefined ? {} : describeParams(params),
  validateParams: async (given) => (await parseParams(params, given)).flaws,
});

/** What a schema says of each parameter, and whether it must be given. */
const describeParams = (schema: StandardSchema): Readonly<Record<string, ActionParam>> => {
  const { properties = {}, required = [] } = toJsonSchema(schema) ?? {};
  if (!isObject(properties) || !Array.isArray(required)) return {};
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [
      name,
      { ...(isObject(property) && property), required: required.includes(name) },
    ]),
  );
};

/** Parameters that are told to be none of an action without any, at most. */
const MAX_ISSUES = 100;

/** Parameters as a schema makes them, or what is wrong with them. Without a schema there are none. */
export const parseParams = async (
  schema: StandardSchema | undefined,
  given: JsonObject,
): Promise<{ readonly flaws: readonly ParamIssue[]; readonly params?: unknown }> => {
  if (schema === undefined) {
    return {
      flaws: Object.keys(given)
        .map((name) => ({ name, description: "This action takes no parameters." }))
        .slice(0, MAX_ISSUES),
      params: {},
    };
  }
  const result = await schema["~standard"].validate(given);
  if (result.issues === undefined) return { flaws: [], params: result.value };
  return {
    flaws: describeIssues(result.issues, given).map(({ steps, description }) => ({
      name: steps.join("."),
      description,
    })),
  };
};
