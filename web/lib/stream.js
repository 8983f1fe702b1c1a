// Server-Sent Events by fetch: it can carry a token, which EventSource cannot.

/** Gives a function that takes text as it comes, and calls `emit({name, data, id})` at the end of each event. */
export function reader(emit) {
  let rest = '';
  let id = '';
  let name = '';
  let data = [];
  const take = (line) => {
    if (line === '') {
      if (data.length > 0) emit({ name: name || 'message', data: data.join('\n'), id });
      name = '';
      data = [];
      return;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1));
    if (field === 'data') data.push(value);
    else if (field === 'event') name = value;
    else if (field === 'id') id = value;
  };
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) take(line.endsWith('\r') ? line.slice(0, -1) : line);
  };
}

/**
 * Events of `url`, to listeners by name: ({data, lastEventId}). `error`, with the status where one came, is the last:
 * what ends is not opened again here.
 */
export class EventStream {
  constructor(url, { token, ask = fetch } = {}) {
    this.listeners = new Map();
    this.stop = new AbortController();
    this.run(url, token, ask).then(() => this.tell('error', {}), (error) => this.tell('error', { status: error?.status }));
  }

  addEventListener(name, listener) {
    this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener]);
  }

  close() {
    this.listeners.clear();
    this.stop.abort();
  }

  tell(name, event) {
    for (const listener of this.listeners.get(name) ?? []) listener(event);
  }

  async run(url, token, ask) {
    const headers = { Accept: 'text/event-stream', ...(token ? { Authorization: `Bearer ${token}` } : {}) };
    const response = await ask(url, { headers, cache: 'no-store', signal: this.stop.signal });
    if (!response.ok) throw Object.assign(new Error(response.statusText), { status: response.status });
    const read = reader(({ name, data, id }) => this.tell(name, { data, lastEventId: id }));
    const text = new TextDecoder();
    const chunks = response.body.getReader();
    for (;;) {
      const { done, value } = await chunks.read();
      if (done) return;
      read(text.decode(value, { stream: true }));
    }
  }
}
