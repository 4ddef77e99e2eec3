import type { PluginType } from "../../core/search/plugin-type.ts";
import { readSearchSettings } from "../../core/search/search-settings.ts";
import type { TypeManifest } from "../../kit/parts/index-types.ts";
import type { PluginManifest } from "../../kit/plugin.ts";
import type { JsonObject } from "../../lib/json.ts";
import { mapValues } from "../../lib/util/map-values.ts";
import type { AppContext } from "../app-context.ts";
import { runIndexCode } from "./hook-run.ts";

/** Creates a type of a plugin for searches. The plugin is started when a rule of the type is first used. */
export const createPluginType = (
  app: AppContext,
  plugin: PluginManifest,
  name: string,
  type: TypeManifest,
): PluginType => {
  const { of, mapping, language, parent } = type;
  const collection = app.storeContext.resources.parseUri(of);
  if (collection === undefined) throw new TypeError(`${of} is not the URI of a collection.`);
  const { dynamic: _dynamic, _meta: links, ...schema } = mapping;
  const { withOptions } = type.facets;
  const settings = readSearchSettings({
    "index:schema": schema as JsonObject,
    index: {
      ...(language !== undefined && { language }),
      ...(withOptions.length > 0 && { facets: [...withOptions] }),
    },
  });
  return {
    name,
    collection,
    settings,
    facets: type.facets,
    adminOnlyFields: type.adminOnlyFields,
    links: { ...mapValues(links, (link) => link.resource_type), ...(parent && { [parent.field]: parent.type }) },
    parent,
    allProjects: type.allProjects,
    hasAccess: type.hasAccess,
    hasPolicy: type.hasPolicy,
    rules: async () => {
      const rules = (await app.start(plugin)).indexes[name];
      if (rules === undefined) throw new TypeError(`The plugin '${plugin.name}' has no type '${name}'.`);
      const { access, policy } = rules;
      return {
        access: access && ((user) => runIndexCode(app, () => access(user))),
        policy: (user) => runIndexCode(app, () => policy(user)),
      };
    },
  };
};
