import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      // Those that it comes with evaluate text as code, or insert styles, which the content security policy forbids.
      { find: /^ajv$/, replacement: here("./validator.js") },
      // It does not catch what schemas of users break.
      { find: /^kinto-admin-form$/, replacement: here("./form.js") },
      { find: /^react-bs-notifier$/, replacement: here("./alerts.js") },
      // The package was published without it.
      { find: /^\.\/style\.css$/, replacement: here("./breadcrumbs.css") },
      { find: /^~bootstrap-icons\//, replacement: `${here("../../../node_modules/bootstrap-icons")}/` },
    ],
  },
});
