import { project } from "../../core/lists/fields.ts";
import { dataOf } from "../../core/store/view.ts";

/** Makes of stored JSON what is shown of it: all of it as it stands, or some fields (`_fields`). */
export const shownFields = (fields: readonly string[] | undefined): ((json: string) => string) => {
  if (fields === undefined) return (json) => json;
  const shown = project(fields);
  return (json) => JSON.stringify(shown(dataOf({ json })));
};
