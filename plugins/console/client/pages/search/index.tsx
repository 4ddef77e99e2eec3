import "./search.css";
import { EmptyState, Page } from "../../components/index.ts";
import { href, navigate } from "../../lib/router.ts";
import { serverInfo } from "../../lib/server-info.ts";
import type { PageProps } from "../index.ts";
import { CollectionPicker } from "./collection-picker.tsx";
import { QueryColumn } from "./query-column.tsx";
import { WordsColumn } from "./words-column.tsx";

/** Searches a collection by words and by the query language, side by side. */
const SearchPage = ({ parts: [bucket = "", collection = ""], query }: PageProps) => {
  const q = query.get("q") ?? "";
  const place = [bucket, collection] as const;
  if (!("search" in (serverInfo.value?.capabilities ?? {})))
    return (
      <Page title="Search">
        <div class="panel">
          <EmptyState title="The store has no search">
            <p>
              Add <code>search()</code> to the plugins in kintoun.config.ts. What is stored already is found too.
            </p>
          </EmptyState>
        </div>
      </Page>
    );
  return (
    <Page
      title={collection === "" ? "Search" : `Search ${collection}`}
      {...(collection !== "" && {
        crumbs: [
          { label: "Search", href: href(["search"]) },
          { label: bucket, href: href(["data", bucket]) },
          { label: collection, href: href(["data", bucket, "collections", collection]) },
        ],
      })}
    >
      {collection === "" ? (
        <CollectionPicker bucket={bucket} />
      ) : (
        <div class="search-columns" key={place.join("/")}>
          <WordsColumn
            bucket={bucket}
            collection={collection}
            q={q}
            onWords={(words) => navigate(href(["search", ...place], { q: words }), { replace: true })}
          />
          <QueryColumn bucket={bucket} collection={collection} q={q} />
        </div>
      )}
    </Page>
  );
};

export default SearchPage;
