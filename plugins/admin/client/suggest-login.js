/** The logins of a store that users most likely have, the first one first. */
const PREFERRED = ["accounts", "openid", "basicauth"];
/** Where kinto-admin keeps the last login. */
const HISTORY_KEY = "kinto-admin-server-history";

/** Selects a login that the store has. Without it, kinto-admin proposes to be anonymous at the first visit. */
export const suggestLogin = async (server) => {
  if (localStorage.getItem(HISTORY_KEY) !== null) return;
  const response = await fetch(server, { headers: { accept: "application/json" } });
  // kinto-admin asks again, and shows the error.
  if (!response.ok) return;
  const { capabilities } = await response.json();
  const found = PREFERRED.find((name) => name in capabilities);
  if (found === undefined) return;
  const authType = found === "openid" ? `openid-${capabilities.openid.providers[0].name}` : found;
  localStorage.setItem(HISTORY_KEY, JSON.stringify([{ server, authType }]));
};
