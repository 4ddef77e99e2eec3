import { useState } from "preact/hooks";
import { Button, Load, Page } from "../../components/index.ts";
import { api } from "../../lib/api.ts";
import { useResource } from "../../lib/use-resource.ts";
import type { PageProps } from "../index.ts";
import type { Overview } from "../overview/overview.ts";
import { JobList } from "./job-list.tsx";
import { JobPage } from "./job-page.tsx";
import "./jobs.css";
import { StartAction } from "./start-action.tsx";

const JobsPage = ({ parts: [id], query }: PageProps) =>
  id === undefined ? (
    <AllJobs status={query.get("status") ?? ""} plugin={query.get("plugin") ?? ""} />
  ) : (
    <JobPage key={id} id={id} />
  );

/** The jobs, and what can be started. */
const AllJobs = ({ status, plugin }: { readonly status: string; readonly plugin: string }) => {
  const [isStarting, setStarting] = useState(false);
  const overview = useResource(
    (signal) => api.get<{ readonly data: Overview }>("/__operations__/overview", signal),
    [],
  );
  return (
    <Page
      title="Jobs"
      actions={
        <Button tone="primary" expanded={isStarting} onClick={() => setStarting(!isStarting)}>
          Start an action
        </Button>
      }
    >
      <Load resource={overview}>
        {({ data: { actions, plugins, settings } }) => (
          <>
            {isStarting && <StartAction actions={actions} />}
            <JobList
              status={status}
              plugin={plugin}
              plugins={plugins
                .filter(({ parts }) => parts.some(({ kind }) => kind === "action" || kind === "schedule"))
                .map(({ name }) => name)}
              readers={[...toNames(settings.jobsReadPrincipals), ...toNames(settings.jobsWritePrincipals)]}
            />
          </>
        )}
      </Load>
    </Page>
  );
};

const toNames = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

export default JobsPage;
