import { useState } from "preact/hooks";
import { type ApiPage, api } from "./api.ts";
import { type Resource, type ResourceOptions, useResource } from "./use-resource.ts";

/** A list that is read page by page. */
export interface Pages<Row> extends Resource<ApiPage<Row>> {
  /** From 1. */
  readonly number: number;
  /** Undefined on the last page. */
  readonly goNext: (() => void) | undefined;
  /** Undefined on the first page. */
  readonly goBack: (() => void) | undefined;
}

/** Loads a list by its path, and its next pages by their paths. Begins again when the path changes. */
export const usePages = <Row>(path: string, options: ResourceOptions = {}): Pages<Row> => {
  const [trail, setTrail] = useState<readonly string[]>([path]);
  const paths = trail[0] === path ? trail : [path];
  const current = paths.at(-1) ?? path;
  const resource = useResource((signal) => api.getPage<Row>(current, signal), [current], options);
  const next = resource.value?.next;
  return {
    ...resource,
    number: paths.length,
    goNext: next === undefined ? undefined : () => setTrail([...paths, next]),
    goBack: paths.length === 1 ? undefined : () => setTrail(paths.slice(0, -1)),
  };
};
