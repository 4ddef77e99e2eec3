import type { Resources } from "../../../core/resources.ts";
import { fromItem, hasParentItem, type Item, isParent, text, toItem, toParentItem, uriOf } from "./items.ts";
import { upgradeMessageItem } from "./outbox.ts";

/**
 * Converts an item of format 1 to those of format 2. Objects get their place in the order of revisions, the attribute
 * `kind` and, if they have children, a parent item. Messages get a status. Objects of plugins that are not configured stay
 * as they are; they are completed by their next change.
 */
export const upgradeItem = ({ parseUri }: Pick<Resources, "parseUri">, item: Item): readonly Item[] => {
  const [pk, sk] = [text(item, "pk"), text(item, "sk")];
  // Unreleased versions had parent items without format 2. They are made again from their objects.
  if (isParent(item)) return parseUri(uriOf(item)) === undefined ? [item] : [];
  const ref = pk.startsWith("/") && !sk.startsWith("#") ? parseUri(uriOf(item)) : undefined;
  if (ref === undefined) return [upgradeMessageItem(item)];
  const stored = fromItem(item);
  return [toItem(ref, stored), ...(hasParentItem(stored) ? [toParentItem(ref, stored)] : [])];
};
