import { DocSet } from "./doc-set.ts";
import type { DocScores } from "./segment.ts";

export const scoreOf = ({ scores }: DocScores, doc: number): number =>
  scores === undefined ? 1 : (scores[doc] as number);

/** The scores of documents in a result; 0 for documents that are not in it. */
export const scoresOf = (size: number, docs: DocSet, result: DocScores | undefined): Float32Array => {
  const scores = new Float32Array(size);
  if (result !== undefined) addScores(scores, docs, result);
  return scores;
};

/** Adds the scores of a result to those of the documents that are in both. */
export const addScores = (scores: Float32Array, docs: DocSet, result: DocScores): void => {
  docs
    .copy()
    .and(result.docs)
    .forEach((doc) => {
      scores[doc] = (scores[doc] as number) + scoreOf(result, doc);
    });
};

/** The documents of all results. Each has its best score, plus the others times `tieBreaker`. */
export const bestScores = (size: number, results: readonly DocScores[], tieBreaker: number): DocScores => {
  const [only] = results;
  if (results.length === 1 && only !== undefined) return only;
  const docs = new DocSet(size);
  const best = new Float32Array(size);
  const sums = tieBreaker === 0 ? undefined : new Float32Array(size);
  for (const result of results) {
    docs.or(result.docs);
    result.docs.forEach((doc) => {
      const score = scoreOf(result, doc);
      if (score > (best[doc] as number)) best[doc] = score;
      if (sums !== undefined) sums[doc] = (sums[doc] as number) + score;
    });
  }
  if (sums !== undefined)
    docs.forEach((doc) => {
      best[doc] = (best[doc] as number) + tieBreaker * ((sums[doc] as number) - (best[doc] as number));
    });
  return { docs, scores: best };
};

/** Multiplies scores. @param only those of these documents; of all when absent */
export const scaleScores = (result: DocScores, factor: number, only: DocSet = result.docs): DocScores => {
  const scores = scoresOf(result.docs.size, result.docs, result);
  only
    .copy()
    .and(result.docs)
    .forEach((doc) => {
      scores[doc] = (scores[doc] as number) * factor;
    });
  return { docs: result.docs, scores };
};

/** Gives all documents the same score. */
export const withScore = (docs: DocSet, score: number): DocScores => ({
  docs,
  scores: score === 1 ? undefined : new Float32Array(docs.size).fill(score),
});
