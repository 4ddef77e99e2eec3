import { useState } from "preact/hooks";
import { Button, Code, CopyBlock, JsonEditor, Load } from "../../components/index.ts";
import { api, pathOf } from "../../lib/api.ts";
import { printExactJson, readJson } from "../../lib/exact-json.ts";
import { printRequest } from "../../lib/print-request.ts";
import { API_URL } from "../../lib/urls.ts";
import { useResource } from "../../lib/use-resource.ts";
import type { Answer } from "./answer.ts";
import { HitList } from "./hit-list.tsx";

interface QueryColumnProps {
  readonly bucket: string;
  readonly collection: string;
  /** The words that are searched beside it. */
  readonly q: string;
}

/** The words as a query, to begin with. It forgives typing errors, as the search by words does. */
const toQuery = (q: string): unknown => ({
  query: q.trim() === "" ? { match_all: {} } : { match: { "*": { query: q.trim(), fuzziness: "AUTO" } } },
  highlight: { fields: { "*": {} } },
  explain: true,
  size: 10,
});

/** Searches by the query language of OpenSearch. */
export const QueryColumn = ({ bucket, collection, q }: QueryColumnProps) => {
  const path = `${pathOf("buckets", bucket, "collections", collection)}/search`;
  const [edited, setEdited] = useState<string | undefined>(undefined);
  const text = edited ?? printExactJson(toQuery(q), 2);
  const read = readJson(text);
  const [sent, setSent] = useState<unknown>(undefined);
  const [showsRequest, setShowsRequest] = useState(false);
  // What is not edited follows the words.
  const body = edited === undefined ? toQuery(q) : sent;
  const sentText = body === undefined ? "" : printExactJson(body);
  const answer = useResource<Answer | undefined>(
    async () => (body === undefined ? undefined : api.send<Answer>("POST", path, body)),
    [path, sentText],
  );
  const run = (): void => {
    if (!("value" in read)) return;
    setEdited(text);
    setSent(read.value);
    if (sentText === printExactJson(read.value)) answer.reload();
  };
  return (
    <section class="stack" aria-labelledby="query">
      <h2 id="query">By the query language</h2>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          run();
        }}
      >
        <JsonEditor label="Query" rows={17} value={text} onInput={setEdited} />
        <div class="row">
          <Button type="submit" tone="primary" disabled={!("value" in read)}>
            Search
          </Button>
          <span class="muted small">or Ctrl + Enter</span>
          {edited !== undefined && (
            <Button small tone="quiet" onClick={() => setEdited(undefined)}>
              Follow the words again
            </Button>
          )}
        </div>
      </form>
      <div class="row">
        <Button small icon="copy" expanded={showsRequest} onClick={() => setShowsRequest(!showsRequest)}>
          Request
        </Button>
      </div>
      {showsRequest && "value" in read && (
        <CopyBlock
          label="Request by the query language"
          tabs={printRequest({ method: "POST", url: API_URL, path, body: read.value })}
        />
      )}
      <Load resource={answer}>
        {(value) =>
          value !== undefined && (
            <>
              <HitList bucket={bucket} collection={collection} answer={value} />
              {value.aggregations !== undefined && (
                <Code label="Aggregations" text={printExactJson(value.aggregations, 2)} />
              )}
              {value.suggest !== undefined && <Code label="Suggestions" text={printExactJson(value.suggest, 2)} />}
            </>
          )
        }
      </Load>
    </section>
  );
};
