// Small pictures, drawn on a grid of 20 with one stroke width.
import { html } from '../vendor/preact.js';

const PATHS = {
  overview: 'M3 12a7 7 0 0 1 14 0M10 12l3-4M5.5 16h9',
  topology: 'M3 8h4v4H3zM13 3h4v4h-4zM13 13h4v4h-4zM7 10h3M13 5h-1.5A1.5 1.5 0 0 0 10 6.5v7A1.5 1.5 0 0 0 11.5 15H13',
  partitions: 'M3 4h14M3 8h14M3 12h14M3 16h14M7.5 4v12',
  recovery: 'M16.5 9A6.700 6.700 0 1 0 15 14.300M17 4.5V9h-4.5',
  tables: 'M3 4.5h14v11H3zM3 8.5h14M8 8.5v7',
  letters: 'M3 5h14v10H3zM3 5.5l7 5.5 7-5.5',
  instances: 'M3 4h6v5H3zM11 4h6v5h-6zM3 11h6v5H3zM11 11h6v5h-6z',
  latency: 'M3 16.5h14M4.5 14v-3M8 14V5M11.5 14V8M15 14v-2',
  events: 'M4 5h.01M4 10h.01M4 15h.01M7.5 5H17M7.5 10H17M7.5 15H17',
  actions: 'M6 4l9 6-9 6z',
  config: 'M3 6h8M15 6h2M3 14h2M9 14h8M11 4v4M7 12v4',
  menu: 'M3 5.5h14M3 10h14M3 14.5h14',
  close: 'M5 5l10 10M15 5L5 15',
  sun: 'M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.300 4.300l1.100 1.100M14.600 14.600l1.100 1.100M4.300 15.700l1.100-1.100M14.600 5.400l1.100-1.100',
  moon: 'M16.5 11.800A7 7 0 0 1 8.200 3.5a7 7 0 1 0 8.300 8.300z',
  auto: 'M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14',
  check: 'M4.5 10.5l3.5 3.5 7.5-8',
  warn: 'M10 3.5l7.5 13h-15zM10 8.5v3.5M10 14.400v.1',
  cross: 'M6 6l8 8M14 6l-8 8',
  info: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 9.5v4M10 6.5v.1',
  pause: 'M7 5v10M13 5v10',
  hourglass: 'M5.5 3.5h9M5.5 16.5h9M6.5 3.5c0 4 7 5 7 6.5s-7 2.5-7 6.5M13.5 3.5c0 4-7 5-7 6.5s7 2.5 7 6.5',
  search: 'M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM13 13l4 4',
};

export function Icon({ name }) {
  return html`<svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
}
