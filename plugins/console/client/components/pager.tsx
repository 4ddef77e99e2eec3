import type { Pages } from "../lib/use-pages.ts";
import { Button } from "./button.tsx";

/** Goes through the pages of a list. Shows nothing if there is only one. */
export const Pager = <Row,>({ pages }: { readonly pages: Pages<Row> }) => {
  const { number, goNext, goBack } = pages;
  if (goNext === undefined && goBack === undefined) return null;
  return (
    <nav class="row" aria-label="Pages of the list">
      <Button small icon="left" disabled={goBack === undefined} onClick={goBack}>
        Back
      </Button>
      <span class="muted small">Page {number}</span>
      <Button small icon="right" disabled={goNext === undefined} onClick={goNext}>
        Next
      </Button>
    </nav>
  );
};
