/** What every path of this version of the protocol begins with. */
export const PREFIX = "/v1";
