import { summarizeValue } from "../../components/index.ts";
import { type Difference, findDifferences, MAX_DIFFERENCES } from "./difference.ts";

interface DifferenceListProps {
  readonly before: unknown;
  readonly after: unknown;
  readonly beforeLabel: string;
  readonly afterLabel: string;
}

/** What is different in two versions of an object. */
export const DifferenceList = ({ before, after, beforeLabel, afterLabel }: DifferenceListProps) => {
  const differences = findDifferences(before, after);
  if (differences.length === 0) return <p class="muted">The data is the same.</p>;
  return (
    <div class="table-frame">
      <table class="table">
        <caption class="hidden">
          {beforeLabel} and {afterLabel}
        </caption>
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">{beforeLabel}</th>
            <th scope="col">{afterLabel}</th>
          </tr>
        </thead>
        <tbody>
          {differences.map((difference) => (
            <tr key={difference.path}>
              <th scope="row" class="wrap mono">
                {difference.path}
              </th>
              <DifferenceCell difference={difference} side="before" />
              <DifferenceCell difference={difference} side="after" />
            </tr>
          ))}
        </tbody>
      </table>
      {differences.length === MAX_DIFFERENCES && (
        <p class="muted small">Only the first {MAX_DIFFERENCES} differences are listed.</p>
      )}
    </div>
  );
};

const DifferenceCell = ({
  difference,
  side,
}: {
  readonly difference: Difference;
  readonly side: "before" | "after";
}) => {
  const value = difference[side];
  if (value === undefined) return <td class="muted">(none)</td>;
  return <td class={`wrap ${side}`}>{summarizeValue(value) || "(empty text)"}</td>;
};
