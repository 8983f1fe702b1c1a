// A real program with its embedded broker, and the dashboard that it carries.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './browser.mjs';

const freePort = () => new Promise((resolve) => {
  const s = createServer();
  s.listen(0, '127.0.0.1', () => {
    const { port } = s.address();
    s.close(() => resolve(port));
  });
});

export class Program {
  token = 'browser-test-token';

  /** What $CORKA_PROGRAM names, with a state directory, a port and a token of its own. */
  static async make(...flags) {
    const made = new Program();
    made.flags = flags;
    made.folder = mkdtempSync(join(tmpdir(), 'corka-browser-'));
    made.port = await freePort();
    made.url = `http://127.0.0.1:${made.port}/`;
    writeFileSync(join(made.folder, 'token'), `${made.token}\n`, { mode: 0o600 });
    return made;
  }

  /** Until it is ready; also again, after it was stopped: then it goes on where it was. */
  async start() {
    const flags = ['--http', `127.0.0.1:${this.port}`, '--state-dir', join(this.folder, 'state'), '--http-token-file', join(this.folder, 'token'), ...this.flags];
    this.process = spawn(process.env.CORKA_PROGRAM, flags, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const from of [this.process.stdout, this.process.stderr]) from.on('data', (d) => { said += d; });
    await until(async () => {
      if (this.process.exitCode !== null) throw new Error(`the program ended: ${said}`);
      const r = await fetch(`${this.url}readyz`).catch(() => null);
      return r?.status === 200;
    }, 'the program to be ready', 120_000);
  }

  stop(how = 'SIGTERM') {
    return new Promise((done) => {
      this.process.once('exit', done);
      this.process.kill(how);
    });
  }

  async end() {
    if (this.process && this.process.exitCode === null && this.process.signalCode === null) await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
