interface SparklineProps {
  /** What is shown, for screen readers: `Waiting messages, 3 now`. */
  readonly label: string;
  /** Oldest first. */
  readonly values: readonly number[];
  readonly width?: number;
  readonly height?: number;
}

/** A small chart of numbers over time, from zero. */
export const Sparkline = ({ label, values, width = 120, height = 28 }: SparklineProps) => {
  const max = Math.max(1, ...values);
  const step = values.length > 1 ? width / (values.length - 1) : width;
  const points = values.map(
    (value, index) => `${(index * step).toFixed(1)} ${(height - (value / max) * (height - 2) - 1).toFixed(1)}`,
  );
  const line = points.length === 1 ? `M0 ${points[0]?.split(" ")[1]}H${width}` : `M${points.join("L")}`;
  return (
    <svg
      class="sparkline"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
    >
      {points.length > 0 && (
        <>
          <path class="sparkline-area" d={`${line}V${height}H0Z`} />
          <path class="sparkline-line" d={line} />
        </>
      )}
    </svg>
  );
};
