/** The URL of the API without a slash at its end: pages are in a folder below it. */
export const API_URL = new URL("..", document.baseURI).href.replace(/\/$/, "");
