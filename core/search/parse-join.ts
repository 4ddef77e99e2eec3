import type { ClauseParser } from "./parse-compound.ts";
import { getOwn, joinPath, readObject, readString } from "./read-body.ts";

/** `{"has_parent": {"parent_type": "OS::Neutron::Net", "query": {…}}}`. Matches score 1. */
export const parseHasParent: ClauseParser = (value, path, context, parse) => {
  const spec = readObject(value, path, ["parent_type", "query"]);
  const type = readString(getOwn(spec, "parent_type") ?? null, joinPath(path, "parent_type"));
  return context.types.addJoin({ path, relation: "parent", type }, () =>
    parse(getOwn(spec, "query"), joinPath(path, "query")),
  );
};

/** `{"has_child": {"type": "OS::Neutron::Port", "query": {…}}}`. Matches score 1. */
export const parseHasChild: ClauseParser = (value, path, context, parse) => {
  const spec = readObject(value, path, ["type", "query"]);
  const type = readString(getOwn(spec, "type") ?? null, joinPath(path, "type"));
  return context.types.addJoin({ path, relation: "child", type }, () =>
    parse(getOwn(spec, "query"), joinPath(path, "query")),
  );
};
