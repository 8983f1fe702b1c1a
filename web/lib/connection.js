// Keeps hearing from the server: a stream of events, and questions once a second or two while there is none.
// Knows neither the page nor the wall clock: what it needs is given.

const QUIET = 5_000;       // the stream comes each second: after this it is taken for dead
const POLL = 2_000;
const PATIENCE = 1_000;    // a stream that opens has so long to speak before a question is asked beside it
const FIRST_PAUSE = 1_000; // before a stream is opened again; doubled up to
const LONGEST_PAUSE = 15_000;

/**
 * States: `connecting` (nothing heard yet), `live` (the stream speaks), `polling` (answers without a stream), `lost`,
 * `refused` (it wants a token, or another one: nothing more is asked until `hurry`).
 *
 * `to` has: hello({resumed}), status(summary), sample(sample), log(entry), state(name).
 * `needs`: openStream(lastId) → what EventStream is, poll() → promise of a summary, now(), every(ms, f) → function that ends it.
 */
export class Connection {
  constructor(to, needs) {
    this.to = to;
    this.needs = needs;
    this.state = 'connecting';
    this.heard = null; // when anything came
    this.stream = null;
    this.streamHeard = null;
    this.lastId = null;
    this.pause = FIRST_PAUSE;
    this.openAt = 0;
    this.polledAt = -Infinity;
    this.polling = false;
  }

  start() {
    this.endTicks = this.needs.every(500, () => this.tick());
    this.polledAt = this.needs.now() + PATIENCE - POLL;
    this.tick();
  }

  stop() {
    this.endTicks?.();
    this.closeStream();
  }

  /** At once, as when the page is looked at again, or there is a token. */
  hurry() {
    if (this.state === 'refused') this.become('connecting');
    this.openAt = 0;
    this.polledAt = -Infinity;
    this.tick();
  }

  tick() {
    if (this.state === 'refused') return;
    const now = this.needs.now();
    if (this.stream && now - this.streamHeard > QUIET) this.closeStream();
    if (!this.stream && now >= this.openAt) this.open(now);
    const streaming = this.stream && this.state === 'live';
    if (!streaming && !this.polling && now - this.polledAt >= POLL) this.poll(now);
    if (this.heard !== null && now - this.heard > QUIET) this.become('lost');
  }

  open(now) {
    const stream = this.needs.openStream(this.lastId);
    this.stream = stream;
    this.streamHeard = now;
    const on = (name, act) => stream.addEventListener(name, (event) => {
      if (this.stream !== stream) return;
      if (event.lastEventId) this.lastId = event.lastEventId;
      this.pause = FIRST_PAUSE;
      this.streamHeard = this.needs.now();
      this.spoken('live');
      act(JSON.parse(event.data));
    });
    for (const name of ['hello', 'status', 'sample', 'log']) on(name, (data) => this.to[name](data));
    stream.addEventListener('error', ({ status }) => {
      if (this.stream !== stream) return;
      this.closeStream();
      if (status === 401) this.become('refused');
    });
  }

  closeStream() {
    if (!this.stream) return;
    this.stream.close();
    this.stream = null;
    this.openAt = this.needs.now() + this.pause;
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
    if (this.state !== 'polling') this.polledAt = -Infinity;
  }

  async poll(now) {
    this.polling = true;
    this.polledAt = now;
    try {
      const summary = await this.needs.poll();
      if (!this.stream || this.state !== 'live') {
        this.spoken('polling');
        this.to.status(summary);
      }
      // It is there again: a stream may be, too.
      if (!this.stream) this.openAt = Math.min(this.openAt, this.needs.now() + FIRST_PAUSE);
    } catch (error) {
      if (error?.status === 401) this.become('refused');
      else if (!this.stream || this.state !== 'live') this.become('lost');
    } finally {
      this.polling = false;
    }
  }

  spoken(state) {
    this.heard = this.needs.now();
    this.become(state);
  }

  become(state) {
    if (state === this.state) return;
    this.state = state;
    this.to.state(state);
  }
}
