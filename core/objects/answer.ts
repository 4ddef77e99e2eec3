import type { Who } from "../permissions/who.ts";
import type { Acl, Stored } from "../ports/store.ts";

/** One object as its asker may see it. */
export interface ObjectAnswer {
  readonly object: Stored;
  /** Shown in full to those whom the object itself lets write, to others as empty. */
  readonly permissions: Acl;
}

export const answer = async (who: Who, object: Stored): Promise<ObjectAnswer> => ({
  object,
  permissions: (await who.isAny(object.acl.write ?? [])) ? object.acl : {},
});

/** Nothing to tell: the reader has this state. */
export interface NotModified {
  readonly notModified: true;
  readonly timestamp: number;
}
