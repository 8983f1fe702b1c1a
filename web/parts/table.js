// A table whose rows are sorted by any column and drawn only where they are in sight: a thousand cost as much as forty.
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from '../vendor/preact.js';
import { inSight, sorted } from '../lib/rows.js';

const ROW_REM = 2.25;
const DENSE_REM = 1.625;

function Head({ column, sort, onSort }) {
  const { id, title, n, value, hint } = column;
  const on = sort?.id === id;
  const name = `${n ? 'n' : ''} ${column.class ?? ''}`;
  if (!value || !onSort) return html`<th scope="col" class=${name} title=${hint}>${title}</th>`;
  const next = on ? -sort.sign : n ? -1 : 1;
  return html`<th scope="col" class=${name} title=${hint} aria-sort=${on ? (sort.sign > 0 ? 'ascending' : 'descending') : undefined}>
    <button type="button" onClick=${() => onSort({ id, sign: next })}>${title}<span class="arrow" aria-hidden="true">${on ? (sort.sign > 0 ? '▲' : '▼') : ''}</span></button></th>`;
}

const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -Infinity, End: Infinity };

/**
 * columns: [{id, title, width?, n?: right-aligned, class?: wide|widest|keep (its width, where it is narrow), value?: row → to sort by, cell: row → content, hint?}]
 * keyOf: row → string. sort: {id, sign}. onOpen: row → void makes rows choosable, also by keys.
 * free: as high as its rows. dense: low rows.
 */
export function DataTable({ label, columns, rows, keyOf, sort, onSort, onOpen, chosen, free, dense, children }) {
  const box = useRef(null);
  const [view, setView] = useState({ top: 0, height: 900 });
  const [active, setActive] = useState(0);
  const focusNext = useRef(false);
  const px = useRef(36);

  useLayoutEffect(() => {
    const measure = () => {
      px.current = (dense ? DENSE_REM : ROW_REM) * parseFloat(getComputedStyle(document.documentElement).fontSize);
      if (box.current) setView({ top: box.current.scrollTop, height: box.current.clientHeight });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [dense]);

  const ordered = useMemo(() => {
    const by = columns.find((c) => c.id === sort?.id);
    return by?.value ? sorted(rows, by.value, sort.sign) : rows;
  }, [rows, sort?.id, sort?.sign]);
  const total = ordered.length;
  const { from, to, before, after } = inSight({ total, height: px.current, top: view.top, view: view.height });
  const at = Math.min(active, Math.max(0, total - 1));

  useEffect(() => {
    if (!focusNext.current) return;
    focusNext.current = false;
    box.current?.querySelector(`[data-index="${at}"]`)?.focus({ preventScroll: true });
  });

  const onKey = (e) => {
    if (!onOpen || !e.target.closest?.('tr.row')) return;
    if (e.key === 'Enter' || e.key === ' ') {
      e.preventDefault();
      onOpen(ordered[at]);
    } else if (e.key in step) {
      e.preventDefault();
      const to2 = Math.max(0, Math.min(total - 1, at + step[e.key]));
      const el = box.current;
      const y = to2 * px.current;
      if (y < el.scrollTop) el.scrollTop = y;
      else if (y + 2 * px.current > el.scrollTop + el.clientHeight) el.scrollTop = y + 2 * px.current - el.clientHeight;
      focusNext.current = true;
      setActive(to2);
      setView({ top: el.scrollTop, height: el.clientHeight });
    }
  };

  return html`<div class="scroll ${free ? 'free' : ''}" ref=${box} onKeyDown=${onKey} onScroll=${(e) => setView({ top: e.currentTarget.scrollTop, height: e.currentTarget.clientHeight })} tabindex=${onOpen && total > 0 ? undefined : '0'} role="region" aria-label=${label}>
    <table class="table ${dense ? 'dense' : ''}" aria-label=${label} aria-rowcount=${total + 1}>
      <colgroup>${columns.map((c) => html`<col key=${c.id} class=${c.class} style=${{ width: c.width ?? 'auto' }} />`)}</colgroup>
      <thead><tr>${columns.map((c) => html`<${Head} key=${c.id} column=${c} sort=${sort} onSort=${onSort} />`)}</tr></thead>
      <tbody>
        ${before > 0 ? html`<tr class="gap" key="before" aria-hidden="true"><td style=${{ height: `${before}px` }}></td></tr>` : null}
        ${ordered.slice(from, to).map((row, i) => html`
          <tr key=${keyOf(row)} class=${onOpen ? 'row' : ''} data-index=${from + i} aria-rowindex=${from + i + 2} data-chosen=${chosen === keyOf(row) ? 'true' : undefined}
            tabindex=${onOpen ? (from + i === at ? '0' : '-1') : undefined} onFocus=${onOpen ? () => setActive(from + i) : undefined} onClick=${onOpen ? () => { setActive(from + i); onOpen(row); } : undefined}>
            ${columns.map((c) => html`<td key=${c.id} class=${`${c.n ? 'n' : ''} ${c.class ?? ''}`}>${c.cell(row)}</td>`)}</tr>`)}
        ${after > 0 ? html`<tr class="gap" key="after" aria-hidden="true"><td style=${{ height: `${after}px` }}></td></tr>` : null}
      </tbody>
    </table>${total === 0 ? children : null}</div>`;
}
