/** A function that keeps its last answer for as long as it is asked the very same. */
export function remember<A extends readonly unknown[], R>(
  answer: (...question: A) => R,
): (...question: A) => R {
  let last: { readonly question: A; readonly answer: R } | null = null;
  return (...question) => {
    const known = last;
    const same =
      known?.question.length === question.length &&
      question.every((item, i) => item === known.question[i]);
    if (known && same) return known.answer;
    const found = answer(...question);
    last = { question, answer: found };
    return found;
  };
}
