import type { VersionPolicy } from "../../core/versions/policy.ts";
import {
  type CollectionFilter,
  collectionFilterIssues,
  type ResolvedCollectionFilter,
  resolveCollectionFilter,
} from "../event-filter.ts";
import { COLLECTION_FILTER_SHAPE, type Part, type PartIssue, type ShapeOf } from "./part.ts";

/**
 * Makes the store keep what each change has made: one more item per change, in the change's own transaction. Only objects
 * in buckets have versions. `need.history` reads them.
 * @example
 * const versions: VersionsDefinition<{ skipped: string[] }> = { excludedObjects: ({ skipped }) => skipped };
 */
export interface VersionsDefinition<Config> extends CollectionFilter<Config> {
  /** URIs of objects of which, and of whose content, no versions are kept. */
  readonly excludedObjects?: (config: Config) => readonly string[];
  /** Ids of users whose changes make no versions. */
  readonly excludedUsers?: (config: Config) => readonly string[];
}

export interface VersionsPart<Config> {
  readonly versions?: VersionsDefinition<Config>;
}

export type VersionsManifest = VersionPolicy & ResolvedCollectionFilter;

export const versions: Part<VersionsManifest | undefined> = {
  kind: "object",
  single: true,
  shape: {
    ...COLLECTION_FILTER_SHAPE,
    excludedObjects: "ofOptions",
    excludedUsers: "ofOptions",
  } satisfies ShapeOf<VersionsDefinition<never>>,
  resolve: ({ versions: definition }, config) =>
    definition && {
      ...resolveCollectionFilter(definition, config),
      excludedObjects: definition.excludedObjects?.(config) ?? [],
      excludedUsers: definition.excludedUsers?.(config) ?? [],
    },
  check: (plugin, { plugins, resources }) => {
    if (plugin.versions === undefined) return [];
    const other = plugins.find((one) => one !== plugin && one.versions !== undefined);
    return [
      ...(other === undefined
        ? []
        : [{ path: "versions", message: `the plugin '${other.name}' keeps versions too. Remove one of the plugins.` }]),
      ...collectionFilterIssues("versions", plugin.versions),
      ...plugin.versions.excludedObjects.flatMap((uri, index): PartIssue[] =>
        resources === undefined || resources.parseUri(uri) !== undefined
          ? []
          : [
              {
                path: `versions.excludedObjects[${index}]`,
                message: `'${uri}' is not the URI of an object. Write it as in /buckets/blog/collections/drafts.`,
              },
            ],
      ),
    ];
  },
};
