// cspell:disable
/**
 * Frequent words that say little, as folded words by language. A search by words also finds records without them. These
 * are Lucene's lists, and question words in English.
 */
export const STOP_WORDS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    de: "aber als am an auf aus bei bin bis da das dass dem den der des die doch ein eine einem einen einer eines er es fur hat ich ihr im in ist ja mit nach nicht noch oder sich sie sind so und um von vor was wer wie wir zu zum zur",
    en: "a an and are as at be but by can did do does for from had has have how i if in into is it its me my no not of on or our so such that the their then there these they this to was we were what when where which who why will with you your",
    es: "al como con de del el en es esta este la las lo los mas no o para pero por que se si su sus un una y",
    fr: "a au aux avec ce ces comme d dans de des du elle en est et il ils l la le les mais ne nous on ou par pas pour qu que qui s sa se ses son sur un une vous y",
    it: "a ai al alla che chi ci come con da dal dalla de dei del della di e gli i il in l la le lo ma ne nel nella non o per piu se si su un una uno",
    nl: "aan als bij dat de den der deze die dit een en er het hij hoe ik in is je maar met na naar niet nog of om ook op over te tot uit van voor was wat we wie zijn",
    pt: "a ao aos as com como da das de do dos e em essa esse esta este mais mas na nas no nos o os ou para pela pelo por que se sem sua um uma",
    sv: "att av de den det du en er ett for fran han hon i inte jag med men min nar och om pa sa som till var vi ar",
  }).map(([language, words]) => [language, new Set(words.split(" "))]),
);
