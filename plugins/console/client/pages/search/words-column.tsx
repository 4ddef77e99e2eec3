import { useEffect, useRef, useState } from "preact/hooks";
import { Button, CopyBlock, Field, Load } from "../../components/index.ts";
import { api, pathOf } from "../../lib/api.ts";
import { printRequest } from "../../lib/print-request.ts";
import { API_URL } from "../../lib/urls.ts";
import { useResource } from "../../lib/use-resource.ts";
import type { Answer, FacetValue } from "./answer.ts";
import { chooseFacets, mergeFacet, printChoices } from "./facets.ts";
import { HitList } from "./hit-list.tsx";

interface WordsColumnProps {
  readonly bucket: string;
  readonly collection: string;
  readonly q: string;
  readonly onWords: (q: string) => void;
}

const SAMPLE_SIZE = 100;
/** The user stops typing for so long before a search. */
const REST_MS = 200;

/** Searches by what a person types. */
export const WordsColumn = ({ bucket, collection, q, onWords }: WordsColumnProps) => {
  const base = pathOf("buckets", bucket, "collections", collection);
  const [text, setText] = useState(q);
  const [choices, setChoices] = useState<Readonly<Record<string, readonly unknown[]>>>({});
  const [showsRequest, setShowsRequest] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => text !== q && onWords(text), REST_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const sample = useResource(
    (signal) => api.getPage<Readonly<Record<string, unknown>>>(`${base}/records?_limit=${SAMPLE_SIZE}`, signal),
    [base],
  );
  const facets = chooseFacets(sample.value?.rows ?? []);
  const search = new URLSearchParams([
    ["q", q],
    ["limit", "10"],
    ["highlight", "true"],
    ["explain", "true"],
    ...(facets.length > 0 ? [["facets", facets.join(",")]] : []),
    ...Object.entries(choices).flatMap(([field, values]) =>
      printChoices(values).map((value) => [`in_${field}`, value]),
    ),
  ]);
  const path = `${base}/search?${search}`;
  const isReady = !sample.isLoading;
  const answer = useResource<Answer | undefined>(
    async (signal) => (isReady ? api.get<Answer>(path, signal) : undefined),
    [path, isReady],
  );
  const latest = useRef<Answer | undefined>(undefined);
  if (answer.value !== undefined) latest.current = answer.value;
  const shown = answer.error === undefined ? latest.current : undefined;

  return (
    <section class="stack" aria-labelledby="words">
      <h2 id="words">By words</h2>
      <Field
        label="Words"
        help="The last word may be a beginning. Typing errors are forgiven. Quotes keep words together."
      >
        {(attributes) => (
          <input
            {...attributes}
            data-search
            type="search"
            placeholder="Search"
            maxLength={1000}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        )}
      </Field>
      <Facets key={q} facets={facets} answer={shown} choices={choices} onChoose={setChoices} />
      <div class="row">
        <Button small icon="copy" expanded={showsRequest} onClick={() => setShowsRequest(!showsRequest)}>
          Request
        </Button>
      </div>
      {showsRequest && (
        <CopyBlock label="Request by words" tabs={printRequest({ method: "GET", url: API_URL, path })} />
      )}
      <Load resource={{ ...answer, value: shown }}>
        {(value) => value !== undefined && <HitList bucket={bucket} collection={collection} answer={value} />}
      </Load>
    </section>
  );
};

interface FacetsProps {
  readonly facets: readonly string[];
  readonly answer: Answer | undefined;
  readonly choices: Readonly<Record<string, readonly unknown[]>>;
  readonly onChoose: (choices: Readonly<Record<string, readonly unknown[]>>) => void;
}

const MAX_SHOWN_VALUES = 6;

/** Values to choose from, with the number of hits that have them. */
const Facets = ({ facets, answer, choices, onChoose }: FacetsProps) => {
  const known = useRef(new Map<string, readonly FacetValue[]>());
  if (facets.length === 0 || answer?.facets === undefined) return null;
  return (
    <div class="facets">
      {facets.map((field) => {
        const values = mergeFacet(known.current.get(field) ?? [], answer.facets?.[field] ?? []);
        known.current.set(field, values);
        const chosen = choices[field] ?? [];
        if (values.length === 0) return null;
        return (
          <fieldset key={field} class="facet">
            <legend>{field}</legend>
            {values
              .filter(({ value }, index) => index < MAX_SHOWN_VALUES || chosen.includes(value))
              .map(({ value, count }) => (
                <label key={String(value)} class="check">
                  <input
                    type="checkbox"
                    checked={chosen.includes(value)}
                    onChange={(event) =>
                      onChoose({
                        ...choices,
                        [field]: event.currentTarget.checked
                          ? [...chosen, value]
                          : chosen.filter((other) => other !== value),
                      })
                    }
                  />
                  <span class="facet-value">{String(value)}</span>
                  <span class="muted small number">{count}</span>
                </label>
              ))}
          </fieldset>
        );
      })}
    </div>
  );
};
