import type { IConstruct } from "constructs";

/** The construct of an id in the nearest scope around a construct that has one, such as a part of the same store. */
export const findSibling = (from: IConstruct, id: string): IConstruct | undefined =>
  from.node.scopes
    .toReversed()
    .flatMap((scope) => scope.node.tryFindChild(id) ?? [])
    .at(0);
