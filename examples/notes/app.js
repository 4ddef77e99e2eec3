import * as store from "./store.js";

const POLL_MS = 5000;
const $ = (id) => document.getElementById(id);
let current = null;
let all = [];
let listed = "";
let lastSync = "never";
let problem = "";
let edits = 0;

const show = async () => {
  const isIn = store.userName() !== undefined;
  $("login").hidden = isIn;
  $("app").hidden = !isIn;
  if (!isIn) return;
  all = await store.listNotes();
  const query = $("query").value.trim();
  const found = query && (await store.findNotes(query));
  const shown = query ? found.flatMap((id) => all.find((note) => note.id === id) ?? []) : all;
  // A list that is replaced without need would swallow a click.
  const next = JSON.stringify([current?.id, shown.map(({ id, title }) => [id, title])]);
  if (next !== listed) $("list").replaceChildren(...shown.map(toItem));
  listed = next;
  const waiting = all.filter(({ _status }) => _status !== "synced").length;
  $("status").textContent =
    `${count(all.length, "note", "notes")}. Synced ${lastSync}.` +
    `${waiting ? ` ${count(waiting, "waits", "wait")} for a connection.` : ""}${problem}`;
};

const count = (number, one, many) => `${number} ${number === 1 ? one : many}`;

const toItem = ({ id, title }) => {
  const button = Object.assign(document.createElement("button"), { textContent: title || "Untitled" });
  button.onclick = () => open(all.find((note) => note.id === id) ?? null);
  button.ariaCurrent = id === current?.id;
  const item = document.createElement("li");
  item.append(button);
  return item;
};

const open = async (note) => {
  current = note;
  $("editor").hidden = note === null;
  $("title").value = note?.title ?? "";
  $("text").value = note?.text ?? "";
  $("attachment").textContent = note?.attachment?.filename ?? "";
  $("attachment").hidden = !note?.attachment;
  await show();
};

const contentOf = (note) => JSON.stringify([note?.title, note?.text, note?.attachment]);

// What is typed goes on in our version: the note that is open, or the copy of it after a conflict.
const sync = () =>
  store.sync(async (id, copy) => {
    if (current?.id !== id) return;
    open({ ...copy, text: current.text });
    await store.saveNote(current);
  });

const refresh = async () => {
  if (store.userName() === undefined) return;
  try {
    const before = edits;
    await sync();
    // What was typed meanwhile is not what was sent.
    if (edits !== before && current) await store.saveNote(current);
    lastSync = new Date().toLocaleTimeString();
    problem = "";
    all = await store.listNotes();
    const note = all.find(({ id }) => id === current?.id) ?? null;
    // Another device has changed it, or deleted it.
    if (edits === before && current && contentOf(note) !== contentOf(current)) return open(note);
  } catch (error) {
    // Other problems pass with the next connection.
    problem = error.status === 401 ? " Your session has ended. Log out and in again: your notes stay here." : "";
  }
  await show();
};

$("login").onsubmit = async (event) => {
  event.preventDefault();
  const credentials = [$("name").value, $("password").value];
  try {
    if (event.submitter.value === "signUp") await store.signUp(...credentials);
    await store.logIn(...credentials);
    $("login").reset();
    $("problem").textContent = "";
    await refresh();
  } catch (error) {
    $("problem").textContent = error.message;
  }
};
$("log-out").onclick = () => {
  store.logOut();
  open(null);
};
$("add").onclick = async () => {
  await open(null);
  await open(await store.createNote());
  $("title").focus();
};
$("editor").oninput = async ({ target }) => {
  if (target.type === "file") return;
  // The user may open another note before this one is saved.
  current = { ...current, title: $("title").value, text: $("text").value };
  edits++;
  await store.saveNote(current);
  await show();
};
$("editor").onsubmit = (event) => event.preventDefault();
$("delete").onclick = async () => {
  await store.deleteNote(current.id);
  await open(null);
};
$("file").onchange = async () => {
  try {
    // The note must be in the store before its file.
    await sync();
    const { id } = current;
    const attachment = await store.attachFile(id, $("file").files[0]);
    $("file").value = "";
    // A sync that began before has an older note.
    if (current?.id === id) await open({ ...current, attachment });
    await refresh();
  } catch (error) {
    $("status").textContent = `The file was not attached: ${error.message}`;
  }
};
$("attachment").onclick = async () => location.assign(await store.attachmentUrl(current.id));
$("query").oninput = show;
addEventListener("online", refresh);
setInterval(() => document.visibilityState === "visible" && refresh(), POLL_MS);
show().then(refresh);
