/** What is told of the store at work, beside its log. */
export interface Observability {
  /** Whether what listeners do is counted, as CloudWatch's metrics; true when absent. */
  readonly metrics?: boolean;
  /** Whether X-Ray follows requests to the end of what listeners do; false when absent. */
  readonly tracing?: boolean;
}
