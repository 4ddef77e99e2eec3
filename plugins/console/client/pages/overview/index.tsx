import { useState } from "preact/hooks";
import { Badge, Button, Load, Page, type Tone } from "../../components/index.ts";
import { api } from "../../lib/api.ts";
import { formatAmount } from "../../lib/format.ts";
import { href } from "../../lib/router.ts";
import { useResource } from "../../lib/use-resource.ts";
import { FlowList, FlowPicture } from "./flow-picture.tsx";
import "./overview.css";
import { type Finding, type Overview, sortFindings } from "./overview.ts";
import { PluginList } from "./plugin-list.tsx";

const POLL_MS = 15_000;

/** What runs, whether it is healthy, who may write, and how changes reach listeners. */
const OverviewPage = () => {
  const overview = useResource(
    (signal) => api.get<{ readonly data: Overview }>("/__operations__/overview", signal),
    [],
    { pollMs: POLL_MS },
  );
  return (
    <Page
      title="Overview"
      actions={
        <Button icon="reload" onClick={overview.reload}>
          Check now
        </Button>
      }
    >
      <Load resource={overview}>
        {({ data }) => (
          <>
            <Facts overview={data} />
            <Health overview={data} />
            <section class="stack-small" aria-labelledby="access">
              <h2 id="access">Access and costs</h2>
              <Findings findings={sortFindings(data)} />
            </section>
            <DataFlow overview={data} />
            <section class="stack-small" aria-labelledby="plugins">
              <h2 id="plugins">Plugins</h2>
              <PluginList plugins={data.plugins} />
            </section>
          </>
        )}
      </Load>
    </Page>
  );
};

const Facts = ({ overview }: { readonly overview: Overview }) => {
  const { version, node, place, plugins, queues, mail } = overview;
  const facts = [
    ["Kintoun", version],
    ["Node.js", node.replace(/^v/, "")],
    ["Runs", place === "aws" ? "in AWS" : "on a laptop"],
    ["Plugins", formatAmount(plugins.length, "active", "active")],
    ["Queues", formatAmount(queues.length, "queue")],
    ["Mail", mail === "caught" ? "kept, not sent" : "sent"],
  ] as const;
  return (
    <dl class="overview-tiles">
      {facts.map(([label, value]) => (
        <div key={label} class="panel">
          <dt class="muted small">{label}</dt>
          <dd class="overview-value">{value}</dd>
        </div>
      ))}
    </dl>
  );
};

const Health = ({ overview: { health } }: { readonly overview: Overview }) => (
  <section class="stack-small" aria-labelledby="health">
    <h2 id="health">Health</h2>
    <ul class="row">
      {Object.entries(health.checks).map(([name, isFine]) => (
        <li key={name}>
          <Badge tone={isFine ? "good" : "bad"}>
            {name}: {isFine ? "works" : "fails"}
          </Badge>
        </li>
      ))}
    </ul>
    {!health.isHealthy && (
      <p class="note note-bad">
        A part of the store does not answer. Look at <a href={href(["requests", "errors"])}>failed requests</a> and at
        the log of the function api.
      </p>
    )}
  </section>
);

/** How to close what is open on purpose on a laptop. */
const HINTS: Readonly<Record<string, string>> = {
  "who may write": "To close it, remove system.Everyone from createPrincipals of the plugin that registers users.",
  "who may create buckets": "To narrow it, set bucketCreatePrincipals.",
};

const TONES: Readonly<Record<Finding["severity"], Tone>> = { error: "bad", warning: "warning", note: "neutral" };

const Findings = ({ findings }: { readonly findings: readonly Finding[] }) => (
  <ul class="panel findings">
    {findings.map(({ severity, check, message, action }) => (
      <li key={`${check} ${message}`} class="finding">
        <span class="finding-check">
          <Badge tone={TONES[severity]}>{severity}</Badge> {check}
        </span>
        <span>
          {message} <span class="muted">{action === "" ? HINTS[check] : action}</span>
        </span>
      </li>
    ))}
  </ul>
);

const DataFlow = ({ overview }: { readonly overview: Overview }) => {
  const [isList, setList] = useState(false);
  return (
    <section class="stack-small" aria-labelledby="flow">
      <div class="row row-spread">
        <h2 id="flow">From a request to its listeners</h2>
        <Button small pressed={isList} onClick={() => setList(!isList)}>
          As a list
        </Button>
      </div>
      {isList ? <FlowList overview={overview} /> : <FlowPicture overview={overview} />}
    </section>
  );
};

export default OverviewPage;
