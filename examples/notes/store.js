import Kinto from "kinto";

const REMOTE = import.meta.env.VITE_STORE ?? "http://localhost:8888/v1";
const PATH = "/buckets/default/collections/notes";

let session = JSON.parse(localStorage.getItem("session"));
let notes = null;
export const userName = () => session?.name;

const saveSession = (next) => {
  session = next;
  localStorage.setItem("session", JSON.stringify(next));
  // Each user has a database of their own in this browser.
  notes = next && new Kinto({ remote: REMOTE, bucket: "default", dbPrefix: next.name }).collection("notes");
};
saveSession(session);

const send = async (path, { method = "GET", body, headers = {} } = {}) => {
  const type = body && !(body instanceof FormData) ? { "Content-Type": "application/json" } : {};
  const response = await fetch(REMOTE + path, { method, body, headers: { ...type, ...headers }, credentials: "omit" });
  const answer = response.status === 204 ? null : await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.message), { status: response.status });
  return answer;
};
const post = (path, data) => send(path, { method: "POST", body: JSON.stringify(data) });

export const signUp = (name, password) =>
  send(`/accounts/${name}`, { method: "PUT", body: JSON.stringify({ data: { password } }) });
export const logIn = async (name, password) =>
  saveSession({ name, ...(await post(`/accounts/${name}/sessions`, { password })) });
export const logOut = () => saveSession(null);

// Calls at the same time share one run.
const shared =
  (run, running) =>
  (...args) => {
    running ??= run(...args).finally(() => {
      running = undefined;
    });
    return running;
  };

// A refresh token can be used once.
const refresh = shared(async () =>
  saveSession({ ...session, ...(await post("/account-sessions/refresh", { refresh_token: session.refresh_token })) }),
);

// Calls with the user's token, and with a new one if it has expired.
const asUser = async (call) => {
  const run = () => call({ Authorization: `Bearer ${session.access_token}` });
  try {
    return await run();
  } catch (error) {
    if (error.status !== 401 && error.response?.status !== 401) throw error;
    await refresh();
    return run();
  }
};

// Reading and writing need no connection: kinto.js keeps the notes in the browser.
export const listNotes = async () => (await notes.list({ order: "title" })).data;
export const createNote = async () => (await notes.create({ title: "", text: "" })).data;
// Of the note that is open only these fields: it may have been synced since it was opened.
export const saveNote = ({ id, title, text }) => notes.update({ id, title, text }, { patch: true });
export const deleteNote = (id) => notes.delete(id);

/** Sends what has changed here, and receives what has changed elsewhere. Of conflicts, onCopy gets our version. */
export const sync = shared((onCopy) =>
  asUser(async (headers) => {
    for (;;) {
      const { conflicts } = await notes.sync({ headers });
      if (conflicts.length === 0) return;
      for (const conflict of conflicts) await keepBoth(conflict, onCopy);
    }
  }),
);

// The note was changed on both sides: the other version stays, and ours becomes a note of its own.
const keepBoth = async ({ local, remote, ...conflict }, onCopy) => {
  if (local && remote) {
    const { data } = await notes.create({ title: `${local.title || "Untitled"} (my version)`, text: local.text });
    await onCopy(local.id, data);
  }
  // Deleted on the other side: there is no other version to show.
  if (remote?.deleted) await notes.delete(remote.id, { virtual: false });
  else await notes.resolve({ local, remote, ...conflict }, remote ?? local);
};

/** The ids of the notes that match, best first: by the store's search, or without a connection by the words themselves. */
export const findNotes = async (query) => {
  try {
    const { hits } = await asUser((headers) =>
      send(`${PATH}/search?limit=50&q=${encodeURIComponent(query)}`, { headers }),
    );
    return hits.hits.map(({ _id }) => _id);
  } catch {
    const has = ({ title, text }) => `${title} ${text}`.toLowerCase().includes(query.toLowerCase());
    return (await listNotes()).filter(has).map(({ id }) => id);
  }
};

export const attachFile = (id, file) =>
  asUser((headers) => {
    const body = new FormData();
    body.set("attachment", file);
    return send(`${PATH}/records/${id}/attachment`, { method: "POST", body, headers });
  });
export const attachmentUrl = async (id) =>
  (await asUser((headers) => send(`${PATH}/records/${id}/attachment?redirect=false`, { headers }))).url;
