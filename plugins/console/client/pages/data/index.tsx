import "./data.css";
import { EmptyState, Page } from "../../components/index.ts";
import { href } from "../../lib/router.ts";
import type { PageProps } from "../index.ts";
import { BucketsPage } from "./buckets.tsx";
import { ObjectPage } from "./object-page.tsx";
import { parseObjectRef, toPath } from "./object-ref.ts";

/** Buckets, and what is in them. */
const DataPage = ({ parts, query }: PageProps) => {
  if (parts.length === 0) return <BucketsPage />;
  const ref = parseObjectRef(parts);
  if (ref !== undefined) return <ObjectPage key={toPath(ref)} object={ref} query={query} />;
  return (
    <Page title="Data">
      <EmptyState title="There is no such object">
        <p>
          Begin at the <a href={href(["data"])}>buckets</a>.
        </p>
      </EmptyState>
    </Page>
  );
};

export default DataPage;
