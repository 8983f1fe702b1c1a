// Which states are good, on their way, bad, or neither.

const TONES = {
  good: ['running', 'active', 'following', 'ready', 'completed', 'live'],
  warn: ['starting', 'recovering', 'draining', 'stopping', 'connecting', 'waiting', 'disconnected', 'warn', 'revoked', 'polling', 'unassigned'],
  bad: ['failed', 'error', 'lost'],
};

export function toneOf(state) {
  for (const [tone, states] of Object.entries(TONES)) if (states.includes(state)) return tone;
  return 'calm';
}

/** What to say of a program, or of all instances of a group: {tone, title, lines}. */
export function verdict(summary) {
  const { processors, views } = summary;
  const failed = [...processors.filter((p) => p.state === 'failed').map((p) => p.group), ...views.filter((v) => v.state === 'failed').map((v) => v.view)];
  const cut = [...processors.filter((p) => p.state !== 'failed' && !p.connected && p.state === 'running').map((p) => p.group), ...views.filter((v) => v.state === 'disconnected').map((v) => v.view)];
  const reading = processors.reduce((n, p) => n + p.partition_states.recovering, 0);
  const total = processors.length + views.length;
  const lines = summary.reasons;
  const list = (names) => (names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', '));
  if (total === 0) return { tone: 'calm', title: 'Nothing runs here', lines: ['This program has neither processors nor views.'] };
  if (failed.length > 0) return { tone: 'bad', title: `${list(failed)} ${failed.length === 1 ? 'has' : 'have'} failed`, lines };
  if (cut.length > 0) return { tone: 'warn', title: 'No broker answers', lines: [`${list(cut)} ${cut.length === 1 ? 'goes' : 'go'} on when one does. Nothing is lost meanwhile.`] };
  if (reading > 0) return { tone: 'warn', title: `${reading} ${reading === 1 ? 'partition is' : 'partitions are'} recovering`, lines };
  if (!summary.ready) return { tone: 'warn', title: 'Not ready yet', lines };
  if (!summary.healthy) return { tone: 'bad', title: 'Unhealthy', lines };
  const silent = summary.missing?.length ?? 0;
  if (silent > 0) return { tone: 'warn', title: silent === 1 ? 'One instance is not heard of' : `${silent} instances are not heard of`, lines: [] };
  const problems = processors.flatMap((p) => p.problems);
  if (problems.length > 0) return { tone: 'warn', title: 'Running, with something to see to', lines: [] };
  return { tone: 'good', title: 'Everything is running', lines: [] };
}
