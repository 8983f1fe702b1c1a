// Hooks that pages share.
import { signal, useEffect, useRef, useState } from '../vendor/preact.js';
import { getJson } from './api.js';

/** Why what a page shows is no longer renewed, though the program is heard of: an error, or null. */
export const stale = signal(null);

/**
 * What `path` answers, asked again `every` ms after each answer while the page is looked at: {data, error}.
 * The last answer stays while a newer one is on its way or fails. Null as path: nothing is asked.
 */
export function useAnswer(path, every = 2_000) {
  const [found, set] = useState({ path, data: null, error: null });
  const period = useRef(every);
  period.current = every;
  useEffect(() => {
    if (path === null) return undefined;
    const stop = new AbortController();
    let timer;
    const wait = () => { timer = setTimeout(next, period.current); };
    const next = async () => {
      if (document.hidden) return wait();
      try {
        const data = await getJson(path, { signal: stop.signal });
        set({ path, data, error: null });
        if (stale.value?.path === path) stale.value = null;
      } catch (error) {
        if (stop.signal.aborted) return undefined;
        set((before) => {
          const data = before.path === path ? before.data : null;
          if (data) stale.value = { path, message: error.message };
          return { path, data, error };
        });
      }
      return stop.signal.aborted ? undefined : wait();
    };
    next();
    return () => {
      stop.abort();
      clearTimeout(timer);
      if (stale.value?.path === path) stale.value = null;
    };
  }, [path]);
  return found.path === path ? found : { path, data: null, error: null };
}

/** The larger the answer, the less often it is asked for: looking costs the program little. */
export const periodOf = (partitions) => Math.min(6_000, Math.max(1_000, partitions * 5));
