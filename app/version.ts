/** Kintoun's own. */
export const VERSION = "0.2.0";
