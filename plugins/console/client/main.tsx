import { render } from "preact";
import { startTheme } from "./lib/theme.ts";
import { Shell } from "./shell/shell.tsx";

startTheme();
const root = document.getElementById("app");
if (root !== null) render(<Shell />, root);
