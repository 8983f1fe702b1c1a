// The whole group's figures and curves, while a page shows them.
import { useEffect } from '../vendor/preact.js';
import { appendWhole, wide } from './store.js';
import { useAnswer } from './use.js';

/** The group's summary, {data, error}; nothing is asked for while this instance's are shown. */
export function useWhole() {
  const answer = useAnswer(wide.value ? '/cluster/summary' : null, 2_000);
  useEffect(() => { if (answer.data) appendWhole(answer.data); }, [answer.data]);
  return answer;
}
