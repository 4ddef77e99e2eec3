import { useState } from "preact/hooks";
import { showToast } from "../lib/toasts.ts";
import { Button } from "./button.tsx";
import { Code } from "./code.tsx";
import { Tabs } from "./tabs.tsx";

interface CopyBlockProps {
  /** What the texts are, for screen readers. */
  readonly label: string;
  /** Texts by the name of their tab, such as `curl`. */
  readonly tabs: Readonly<Record<string, string>>;
}

/** Text to copy, in several languages. */
export const CopyBlock = ({ label, tabs }: CopyBlockProps) => {
  const names = Object.keys(tabs);
  const [chosen, choose] = useState(names[0] ?? "");
  const active = names.includes(chosen) ? chosen : (names[0] ?? "");
  const text = tabs[active] ?? "";
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => showToast("Copied."),
      () =>
        showToast("The browser does not let the page copy. Select the text, and copy it by the keyboard.", {
          tone: "error",
        }),
    );
  };
  const block = <Code label={`${label}: ${active}`} text={text} />;
  return (
    <div class="stack-small">
      {names.length > 1 ? (
        <Tabs label={label} tabs={names.map((name) => ({ id: name, label: name }))} active={active} onSelect={choose}>
          {block}
        </Tabs>
      ) : (
        block
      )}
      <div class="row">
        <Button small icon="copy" onClick={copy}>
          Copy
        </Button>
      </div>
    </div>
  );
};
