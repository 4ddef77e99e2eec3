import { EmptyState, Field, Load } from "../../components/index.ts";
import { api, pathOf } from "../../lib/api.ts";
import { href, navigate } from "../../lib/router.ts";
import { useResource } from "../../lib/use-resource.ts";

interface Named {
  readonly id: string;
}

const MAX_CHOICES = 500;

/** Asks which collection to search. */
export const CollectionPicker = ({ bucket }: { readonly bucket: string }) => {
  const buckets = useResource((signal) => api.getPage<Named>(`/buckets?_limit=${MAX_CHOICES}&_fields=id`, signal), []);
  return (
    <Load resource={buckets}>
      {({ rows }) => {
        const [only] = rows;
        const chosen = bucket === "" && rows.length === 1 && only !== undefined ? only.id : bucket;
        if (rows.length === 0)
          return (
            <div class="panel">
              <EmptyState title="There is nothing to search yet">
                <p>
                  Create a bucket with a collection on the page <a href={href(["data"])}>Data</a>.
                </p>
              </EmptyState>
            </div>
          );
        return (
          <div class="panel columns">
            <Field label="Bucket">
              {(attributes) => (
                <select
                  {...attributes}
                  value={chosen}
                  onChange={(event) => navigate(href(["search", event.currentTarget.value]), { replace: true })}
                >
                  {chosen === "" && <option value="">Choose a bucket</option>}
                  {rows.map(({ id }) => (
                    <option key={id} value={id}>
                      {id}
                    </option>
                  ))}
                </select>
              )}
            </Field>
            {chosen !== "" && <Collections bucket={chosen} />}
          </div>
        );
      }}
    </Load>
  );
};

const Collections = ({ bucket }: { readonly bucket: string }) => {
  const collections = useResource(
    (signal) => api.getPage<Named>(`${pathOf("buckets", bucket)}/collections?_limit=${MAX_CHOICES}&_fields=id`, signal),
    [bucket],
  );
  return (
    <Load resource={collections}>
      {({ rows }) => (
        <Field
          label="Collection"
          help={rows.length === 0 ? "The bucket has no collections. Create one on the page Data." : undefined}
        >
          {(attributes) => (
            <select
              {...attributes}
              value=""
              disabled={rows.length === 0}
              onChange={(event) => navigate(href(["search", bucket, event.currentTarget.value]))}
            >
              <option value="">Choose a collection</option>
              {rows.map(({ id }) => (
                <option key={id} value={id}>
                  {id}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
    </Load>
  );
};
