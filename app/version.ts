/** The version of Kintoun, as in package.json. A module of its own, so that functions do not bundle package.json. */
export const VERSION = "0.2.0";
