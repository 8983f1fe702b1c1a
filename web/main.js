// Begins: connects to the program and shows the page that the address names. Pages are loaded when they are first shown.
import { html, render, useEffect, useState } from './vendor/preact.js';
import { connect, link, summary } from './lib/store.js';
import { follow, route } from './lib/route.js';
import { Empty, Waiting } from './parts/basics.js';
import { Frame, dressed, titles } from './parts/frame.js';
import { Overview } from './pages/overview.js';

const load = {
  overview: async () => Overview,
  topology: async () => (await import('./pages/topology.js')).Topology,
  partitions: async () => (await import('./pages/partitions.js')).Partitions,
  recovery: async () => (await import('./pages/recovery.js')).Recovery,
  tables: async () => (await import('./pages/tables.js')).Tables,
  instances: async () => (await import('./pages/instances.js')).Instances,
  latency: async () => (await import('./pages/latency.js')).Latency,
  events: async () => (await import('./pages/events.js')).Events,
  config: async () => (await import('./pages/config.js')).Config,
  letters: async () => (await import('./pages/letters.js')).Letters,
  actions: async () => (await import('./pages/actions.js')).Actions,
};

function Page() {
  const { page } = route.value;
  const [shown, show] = useState({ page: 'overview', Body: Overview });
  useEffect(() => {
    let still = true;
    if (load[page]) Promise.all([load[page](), page === 'overview' ? null : dressed()]).then(([Body]) => { if (still) show({ page, Body }); });
    return () => { still = false; };
  }, [page]);
  if (!titles[page]) return html`<${Empty} icon="search" title="There is no such page">Choose one from the menu.<//>`;
  if (shown.page !== page) return null;
  if (!summary.value) return ['lost', 'refused'].includes(link.value.state) ? null : html`<${Waiting} />`;
  return html`<${shown.Body} />`;
}

follow();
connect();
render(html`<${Frame}><${Page} /><//>`, document.getElementById('app'));
