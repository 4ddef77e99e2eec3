import { useState } from "preact/hooks";
import { Button, Page } from "../../components/index.ts";
import { ChildList } from "./child-list.tsx";
import { CreateDialog } from "./create-dialog.tsx";

/** The buckets that the user may see. */
export const BucketsPage = () => {
  const [isCreating, setCreating] = useState(false);
  return (
    <Page
      title="Data"
      actions={
        <Button icon="add" tone="primary" onClick={() => setCreating(true)}>
          New bucket
        </Button>
      }
    >
      <ChildList kind="bucket" />
      {isCreating && <CreateDialog kind="bucket" onClose={() => setCreating(false)} />}
    </Page>
  );
};
