import { suggestLogin } from "./suggest-login.js";

/** The API root, two levels above this page's path: `/v1/` of `/v1/admin/`. */
const server = new URL("../", location.href.split("#")[0]).href;

const startAdmin = async () => {
  // kinto-admin reads what it remembers when it is loaded.
  await suggestLogin(server);
  const { renderAdmin } = await import("./render-admin.js");
  renderAdmin(server, document.getElementById("root"));
};

void startAdmin();
