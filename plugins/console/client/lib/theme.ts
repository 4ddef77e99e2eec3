import { effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const STORAGE_KEY = "kintoun-console-theme";
const NEXT_THEMES = { system: "light", light: "dark", dark: "system" } as const;

const readStored = (): Theme => {
  const stored = localStorage.getItem(STORAGE_KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
};

export const theme = signal<Theme>("system");

/** Shows the theme that the user has chosen before. */
export const startTheme = (): void => {
  theme.value = readStored();
  effect(() => {
    if (theme.value === "system") document.documentElement.removeAttribute("data-theme");
    else document.documentElement.setAttribute("data-theme", theme.value);
  });
};

export const switchTheme = (): void => {
  theme.value = NEXT_THEMES[theme.value];
  localStorage.setItem(STORAGE_KEY, theme.value);
};
