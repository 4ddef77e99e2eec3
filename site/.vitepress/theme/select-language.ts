const STORAGE_KEY = "kintoun-docs-language";

/** The tabs of requests: each has a label per language, whose title is the language. */
const findLabels = (language: string): readonly HTMLLabelElement[] =>
  [...document.querySelectorAll<HTMLLabelElement>(".vp-code-group label")].filter(
    ({ dataset, textContent }) => (dataset.title ?? textContent) === language,
  );

/** Selects a language in all blocks of the page. */
const selectLanguage = (language: string): void => {
  for (const label of findLabels(language)) {
    const input = document.querySelector<HTMLInputElement>(`#${CSS.escape(label.htmlFor)}`);
    if (input?.checked === false) label.click();
  }
};

/** Selects the language that the reader chose last. */
export const restoreLanguage = (): void => {
  const language = localStorage.getItem(STORAGE_KEY);
  if (language !== null) selectLanguage(language);
};

/** Selects a language that the reader chooses in one block in all blocks, and remembers it. */
export const followLanguage = (): void => {
  document.addEventListener("click", ({ target, isTrusted }) => {
    const label = target instanceof Element ? target.closest<HTMLLabelElement>(".vp-code-group label") : null;
    if (label === null || !isTrusted) return;
    const language = label.dataset.title ?? label.textContent;
    localStorage.setItem(STORAGE_KEY, language);
    selectLanguage(language);
  });
};
