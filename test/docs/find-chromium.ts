import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Returns the path of Chromium or Chrome: the variable CHROMIUM_PATH, or the first one in PATH. Throws if there is none. */
export const findChromium = ({ CHROMIUM_PATH: given, PATH: path = "" } = process.env): string => {
  if (given !== undefined && given !== "") {
    if (isExecutable(given)) return given;
    throw new Error(`CHROMIUM_PATH is ${given}, which cannot be run. Set it to the executable of Chromium or Chrome.`);
  }
  const folders = path.split(delimiter).filter((folder) => folder !== "");
  const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
  if (found !== undefined) return found;
  throw new Error(
    "Chromium is not installed. Install it (on Debian: apt-get install -y chromium), or set CHROMIUM_PATH to the executable of Chromium or Chrome.",
  );
};
