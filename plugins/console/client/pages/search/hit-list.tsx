import { EmptyState, summarizeValue } from "../../components/index.ts";
import { formatCount, formatDuration } from "../../lib/format.ts";
import { href } from "../../lib/router.ts";
import { type Answer, type Explanation, type Hit, splitMarks } from "./answer.ts";

interface HitListProps {
  readonly bucket: string;
  readonly collection: string;
  readonly answer: Answer;
}

const MAX_FIELDS = 4;
const HIDDEN_FIELDS = new Set(["id", "last_modified", "schema", "attachment"]);

/** What a search has found. */
export const HitList = ({ bucket, collection, answer }: HitListProps) => {
  const { total, hits } = answer.hits;
  return (
    <div class="stack-small">
      <p class="muted small" role="status">
        {total !== undefined &&
          `${total.relation === "gte" ? "at least " : ""}${formatCount(total.value)} ${total.value === 1 ? "hit" : "hits"} in `}
        {formatDuration(answer.took)}
      </p>
      {hits.length === 0 ? (
        <div class="panel">
          <EmptyState title="Nothing is found">
            <p>Try fewer words, or other ones.</p>
          </EmptyState>
        </div>
      ) : (
        <ol class="hits">
          {hits.map((hit) => (
            <li key={hit._id} class="hit">
              <HitView hit={hit} link={href(["data", bucket, "collections", collection, "records", hit._id])} />
            </li>
          ))}
        </ol>
      )}
    </div>
  );
};

const HitView = ({ hit, link }: { readonly hit: Hit; readonly link: string }) => {
  const { highlight = {}, _source: source = {} } = hit;
  const marked = Object.entries(highlight);
  const others = Object.entries(source)
    .filter(([field]) => !HIDDEN_FIELDS.has(field) && !Object.hasOwn(highlight, field))
    .slice(0, Math.max(0, MAX_FIELDS - marked.length));
  return (
    <>
      <div class="row row-spread hit-head">
        <a href={link}>{hit._id}</a>
        {hit._score !== null && (
          <span class="muted small number" title="Score: how well it matches">
            {hit._score.toFixed(3)}
          </span>
        )}
      </div>
      <dl class="hit-fields">
        {marked.map(([field, texts]) => (
          <div key={field}>
            <dt class="muted">{field}</dt>
            <dd>
              <Marked text={texts.join(" … ")} />
            </dd>
          </div>
        ))}
        {others.map(([field, value]) => (
          <div key={field}>
            <dt class="muted">{field}</dt>
            <dd>{summarizeValue(value)}</dd>
          </div>
        ))}
      </dl>
      {hit._explanation != null && (
        <details class="small">
          <summary>Why this score</summary>
          <ExplanationTree explanation={hit._explanation} />
        </details>
      )}
    </>
  );
};

const Marked = ({ text }: { readonly text: string }) => (
  <>{splitMarks(text).map(({ text: part, isFound }, index) => (isFound ? <mark key={index}>{part}</mark> : part))}</>
);

const ExplanationTree = ({ explanation }: { readonly explanation: Explanation }) => (
  <div class="explanation">
    <span class="number">{explanation.value.toFixed(3)}</span> {explanation.description}
    {explanation.details.length > 0 && (
      <ul>
        {explanation.details.map((part, index) => (
          <li key={index}>
            <ExplanationTree explanation={part} />
          </li>
        ))}
      </ul>
    )}
  </div>
);
