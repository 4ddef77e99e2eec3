import type { Action, ActionParam, ParamIssue } from "../../core/jobs/action.ts";
import type { Job, WorkLimits } from "../../core/jobs/job.ts";
import type { ActionManifest } from "../../kit/parts/actions.ts";
import type { PluginManifest } from "../../kit/plugin.ts";
import type { StandardSchema } from "../../kit/schema.ts";
import { describeIssues, toJsonSchema } from "../../kit/schema.ts";
import { isObject, type JsonObject } from "../../lib/json.ts";
import { didYouMean } from "../../lib/util/nearest.ts";

/** The actions of all plugins, in the config's order. */
export const listActions = (plugins: readonly PluginManifest[]): readonly Action[] =>
  plugins.flatMap(({ name: plugin, actions }) =>
    Object.entries(actions).map(([name, action]) => toAction(plugin, name, action)),
  );

/** Converts an action of a plugin's manifest. */
export const toAction = (
  plugin: string,
  name: string,
  { timeLimit, retries, expiry, params, ...action }: ActionManifest,
): Action => ({
  ...action,
  plugin,
  name,
  limits: { timeLimit, retries, expiry },
  params: params === undefined ? {} : describeParams(params),
  validateParams: async (input) => (await parseParams(params, input)).issues,
});

/** Finds the limits of a job; `undefined` if its plugin no longer has its action or schedule. */
export const findJobLimits = (
  plugins: readonly PluginManifest[],
  { plugin: owner, kind, name }: Pick<Job, "plugin" | "kind" | "name">,
): WorkLimits | undefined => {
  const plugin = plugins.find((one) => one.name === owner);
  const parts: Readonly<Record<string, WorkLimits>> =
    plugin === undefined ? {} : kind === "action" ? plugin.actions : plugin.schedules;
  return Object.hasOwn(parts, name) ? parts[name] : undefined;
};

/** Returns the JSON Schema of each parameter, and whether it is required. */
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

/** A schema may drop what it does not name, as objects of Zod do. Then a misspelt parameter would have no effect. */
const unknownParamIssues = (schema: StandardSchema, input: JsonObject): readonly ParamIssue[] => {
  const { properties, additionalProperties = false } = toJsonSchema(schema) ?? {};
  if (!isObject(properties) || additionalProperties !== false) return [];
  const names = Object.keys(properties);
  return Object.keys(input)
    .filter((name) => !names.includes(name))
    .map((name) => ({ name, description: `There is no such parameter. ${didYouMean(name, names)}` }))
    .slice(0, MAX_ISSUES);
};

/** Maximum number of issues that are reported for an action without parameters. */
const MAX_ISSUES = 100;

/** Validates parameters with a schema. Without a schema, no parameters are allowed. */
export const parseParams = async (
  schema: StandardSchema | undefined,
  input: JsonObject,
): Promise<{ readonly issues: readonly ParamIssue[]; readonly params?: unknown }> => {
  if (schema === undefined) {
    return {
      issues: Object.keys(input)
        .map((name) => ({ name, description: "This action takes no parameters." }))
        .slice(0, MAX_ISSUES),
      params: {},
    };
  }
  const result = await schema["~standard"].validate(input);
  if (result.issues === undefined) return { issues: unknownParamIssues(schema, input), params: result.value };
  return {
    issues: describeIssues(result.issues, input).map(({ steps, description }) => ({
      name: steps.join("."),
      description,
    })),
  };
};
