import { Badge } from "../../components/index.ts";
import { describeCount, groupParts, type PluginReport } from "./overview.ts";

/** The active plugins, each with its parts and needs. */
export const PluginList = ({ plugins }: { readonly plugins: readonly PluginReport[] }) => (
  <ul class="stack-small">
    {plugins.map((plugin) => {
      const groups = groupParts(plugin);
      return (
        <li key={plugin.name}>
          <details class="panel plugin">
            <summary>
              <span class="plugin-name">{plugin.name}</span>
              <span class="muted plugin-about">{plugin.about}</span>
              <span class="row plugin-counts">
                {groups
                  .filter(({ kind }) => kind !== "needs")
                  .map(({ kind, parts }) => (
                    <Badge key={kind}>{describeCount(kind, parts.length)}</Badge>
                  ))}
              </span>
            </summary>
            <div class="stack plugin-parts">
              {groups.map(({ kind, parts }) => (
                <section key={kind} class="stack-small">
                  <h3>{kind}</h3>
                  <dl class="facts">
                    {parts.map(({ name, description }) => (
                      <div key={name}>
                        <dt class="mono">{name}</dt>
                        <dd>{description}</dd>
                      </div>
                    ))}
                  </dl>
                </section>
              ))}
              {groups.length === 0 && <p class="muted">It adds nothing with its present options.</p>}
            </div>
          </details>
        </li>
      );
    })}
  </ul>
);
