/** Who asks: a user id such as `basicauth:1f2e…`, or nobody in particular. */
export type UserId = string | null;

export const EVERYONE = "system.Everyone";
export const AUTHENTICATED = "system.Authenticated";

/** The names a user goes by before any group is looked up. */
export const plainPrincipals = (user: UserId): readonly string[] => (user === null ? [EVERYONE] : [user, EVERYONE, AUTHENTICATED]);

/** How changes are signed. */
export const author = (user: UserId): string => user ?? EVERYONE;
