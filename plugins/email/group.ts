/** An id, or what the event's values make one. */
const ID = "(?:[\\w-]|\\{[\\w.]{1,100}\\})+";
const GROUP = new RegExp(`^/buckets/${ID}/groups/${ID}$`);

/** Whether it is a group's URI, whose ids may have templates in them, such as `/buckets/{bucket_id}/groups/{collection_id}-editors`. */
export const isGroup = (text: string): boolean => text.length <= 300 && GROUP.test(text);

/** Whether it is the URI that a group can have. */
export const isGroupUri = (text: string): boolean =>
  /^\/buckets\/[a-zA-Z\d][\w-]{0,254}\/groups\/[a-zA-Z\d][\w-]{0,254}$/.test(text);

/** A group's URI where `*` stands for what templates make. */
export const placeOf = (group: string): string =>
  group
    .split("/")
    .map((part) => (part.includes("{") ? "*" : part))
    .join("/");
