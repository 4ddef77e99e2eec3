import { inBrowser, onContentUpdated } from "vitepress";
import theme from "vitepress/theme-without-fonts";
import { followLanguage, restoreLanguage } from "./select-language.ts";
import "./style.css";

export default {
  extends: theme,
  setup: (): void => {
    // The theme's first page lacks the landmark that screen readers jump to.
    onContentUpdated(() => {
      document.querySelector(".VPHome")?.setAttribute("role", "main");
      restoreLanguage();
    });
    if (inBrowser) followLanguage();
  },
};
