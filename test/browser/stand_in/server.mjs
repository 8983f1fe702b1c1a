// Serves a made-up program (program.mjs) and the dashboard's files by HTTP, as corka does.
//
//   node test/browser/stand_in/server.mjs [--scene running|empty|failing|recovering|gone] [--partitions N] [--groups N]
//                                         [--instances N] [--locked yes] [--port N]
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { constants, deflateRawSync, gzipSync } from 'node:zlib';
import * as cluster from './cluster.mjs';
import { Program } from './program.mjs';

const web = join(dirname(fileURLToPath(import.meta.url)), '../../../web');
const types = { '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The fields that the program sends beside what each answer has of its own: as many bytes. */
const fields = (type, cache, own = {}) => ({
  'Content-Type': type, 'X-Content-Type-Options': 'nosniff', 'Cross-Origin-Resource-Policy': 'same-origin', 'Cache-Control': cache,
  ...(/javascript|css|font/.test(type) ? {} : { 'X-Frame-Options': 'DENY', 'Referrer-Policy': 'no-referrer', 'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'" }),
  ...own,
});

const problem = (status, name, title, detail, more = {}) => ({ status, type: 'application/problem+json', body: { type: `urn:corka:problem:${name}`, title, status, detail, ...more } });
const ok = (body, status = 200, headers = {}) => ({ status, type: 'application/json', body, headers });

const unbase64 = (text) => Buffer.from(text, 'base64url').toString();

function row(program, table, key) {
  if (!program.tableNames().includes(table)) return problem(404, 'table-unknown', 'Not Found', `there is no table '${table}' here, only ${program.tableNames().join(', ')}`, { tables: program.tableNames() });
  if (!program.keys(table).includes(key)) return problem(404, 'row-absent', 'Not Found', `table '${table}' has no row for this key`, { partition: 1 });
  return ok(program.value(key), 200, { 'X-Corka-Partition': '1', 'X-Corka-Offset': '48210', ETag: `"${Math.floor(program.now() / 2000)}"` });
}

function page(program, table, query) {
  if (query.has('key64')) return row(program, table, unbase64(query.get('key64')));
  if (!program.tableNames().includes(table)) return row(program, table, '');
  const after = query.get('after') ? unbase64(query.get('after').slice(1)) : '';
  const limit = Number(query.get('limit') ?? 100);
  const all = program.keys(table).filter((k) => k.startsWith(query.get('prefix') ?? '') && k >= (query.get('from') ?? '') && (!query.get('to') || k < query.get('to')) && k > after);
  const some = all.slice(0, limit);
  return ok({ table, partitions: program.numbers(), next: all.length > limit ? `.${Buffer.from(some.at(-1)).toString('base64url')}` : null, rows: some.map((key) => ({ key, value: program.value(key) })) });
}

const historyWish = (query) => [Number(query.get('seconds') ?? 900), Number(query.get('step') ?? 1), Number(query.get('digits') ?? 0), (of) => query.get(of)?.split(',') ?? null];

function ofCluster(program, [, what, name, more], query) {
  if (what === 'history') return ok(cluster.history(program, program.history(...historyWish(query)), Number(query.get('digits') ?? 0)));
  if (what === 'log') return ok(cluster.log(program, Number(query.get('since') ?? 0), Number(query.get('limit') ?? 1000)));
  if (what in cluster && ['instances', 'summary', 'latency', 'status', 'topology', 'visits', 'actions'].includes(what)) return ok(cluster[what](program));
  const group = program.groups.find((g) => g.group === name);
  if (what === 'processors' && more === 'partitions' && group) return ok(cluster.partitions(program, group));
  if (what === 'processors' && more === 'progress' && group) return ok(cluster.progress(program, group));
  return problem(404, 'processor-unknown', 'Not Found', `there is no group '${name}'`, { groups: program.groups.map((g) => g.group) });
}

function answer(program, method, path, query, request) {
  const parts = path.split('/').slice(3).map(decodeURIComponent);
  const group = () => program.groups.find((g) => g.group === parts[1]);
  const unknown = (what) => problem(404, `${what}-unknown`, 'Not Found', `there is no ${what} '${parts[1]}' here`);
  const [what, name, more] = parts;
  const together = what === 'cluster' && name === 'actions';
  if ((what === 'actions' || together) && method !== 'GET') {
    if (program.token === null) return problem(403, 'actions-off', 'Forbidden', 'actions are off: start the program with --http-token-file');
    if (request.headers.authorization !== `Bearer ${program.token}`) return problem(401, 'token-wrong', 'Unauthorized', 'the token is missing or wrong: give the one of --http-token-file');
    if (method === 'POST') return ok(program.start(request.body.action, together ? `k${program.runs.length + 1}` : null), 202);
    const id = parts.at(-1);
    return ok(Object.assign(program.runs.find((r) => r.key === id || String(r.id) === id), { state: 'cancelled', ended: program.now() }), 202);
  }
  switch (what) {
    case 'summary': return ok(program.summary());
    case 'status': return ok(program.status());
    case 'processors':
      if (!name) return ok({ processors: program.summary().processors });
      if (!group()) return unknown('processor');
      if (more === 'progress') return ok({ group: name, instance: 'atlas-7f', partitions_total: program.partitions, partitions: program.numbers().map((p) => program.progress(program.partition(group(), p))), standbys: program.processor(group()).standby_copies.map((c) => program.copyProgress(c)) });
      if (more !== 'partitions') return ok(program.processor(group()));
      return ok({ group: name, instance: 'atlas-7f', partitions_total: program.partitions, partitions: program.numbers().map((p) => program.partition(group(), p)), standbys: program.processor(group()).standby_copies });
    case 'assignment': return ok(cluster.assignment(program));
    case 'views': return name ? (program.views()[0] ? ok(program.view(program.views()[0])) : unknown('view')) : ok({ views: program.views() });
    case 'topology': return ok(program.topology());
    case 'latency': return ok(program.latencies());
    case 'config': return ok(program.config());
    case 'history': return ok(program.history(...historyWish(query)));
    case 'log': return ok(program.log(Number(query.get('after') ?? 0), Number(query.get('limit') ?? 1000)));
    case 'tables':
      if (!name) return ok(program.tables());
      if (!more) return program.table(name) ? ok(program.table(name)) : row(program, name, '');
      return parts.length > 3 ? row(program, name, parts[3]) : page(program, name, query);
    case 'dead-letters': return name ? ok(program.deadLetterPage(query.get('before'), Number(query.get('limit') ?? 20))) : ok(program.deadLetters());
    case 'actions': return ok(program.actions());
    case 'cluster': return ofCluster(program, parts, query);
    default: return problem(404, 'path-unknown', 'Not Found', 'there is nothing at this path');
  }
}

function stream(program, request, response, path, query, open) {
  // As the program does: events compressed, each by itself; rows that are followed not.
  const small = path.endsWith('/events') && (request.headers['accept-encoding'] ?? '').includes('gzip');
  response.writeHead(200, fields('text/event-stream', 'no-store', { Vary: 'Accept-Encoding', ...(small ? { 'Content-Encoding': 'gzip' } : {}) }));
  if (small) response.write(Buffer.from('1f8b08000000000000ff', 'hex'));
  const write = (text) => response.write(small ? deflateRawSync(text, { finishFlush: constants.Z_FULL_FLUSH }) : text);
  let id = 0;
  const send = (event, data) => write(`id: ${program.boot}-${(id += 1)}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  let tick;
  if (path.endsWith('/watch')) {
    const key = query.get('key') ?? unbase64(query.get('key64'));
    const found = program.keys(path.split('/')[4]).includes(key);
    tick = () => send('row', { found, partition: 1, offset: 48210, problem: null, value: found ? program.value(key) : null });
  } else {
    send('hello', { boot: program.boot, resumed: false, step_seconds: 1 });
    let last = program.entries.at(-1)?.id ?? 0;
    tick = () => {
      send('status', program.summary());
      send('sample', program.sample(program.now()));
      for (const entry of program.log(last).entries) {
        last = entry.id;
        send('log', entry);
      }
    };
  }
  tick();
  const timer = setInterval(tick, program.period);
  open.add(response);
  response.on('close', () => {
    clearInterval(timer);
    open.delete(response);
  });
}

async function file(path) {
  const name = path === '/' ? 'index.html' : normalize(path.replace(/^\/assets\//, ''));
  if (name.startsWith('..') || !types[extname(name)]) return null;
  return readFile(join(web, name)).then((bytes) => ({ bytes, type: types[extname(name)] }), () => null);
}

async function bodyOf(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text ? JSON.parse(text) : {};
}

/** Serves until `close`. Gives {url, program, close}. */
export function serve(options = {}, port = 0) {
  const program = options instanceof Program ? options : new Program(options);
  const open = new Set();
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    response.removeHeader('Connection'); // which the program does not send
    if (program.locked && pathname.startsWith('/api/') && request.headers.authorization !== `Bearer ${program.token}`) {
      const refused = problem(401, 'token-wrong', 'Unauthorized', 'the token is missing or wrong: give the one of --http-token-file');
      response.writeHead(401, { 'Content-Type': refused.type, 'WWW-Authenticate': 'Bearer' });
      return response.end(JSON.stringify(refused.body));
    }
    if (pathname.startsWith('/api/') && program.slow > 0) await new Promise((done) => { setTimeout(done, program.slow); });
    if (pathname === '/api/v1/events' || pathname.endsWith('/watch')) return stream(program, request, response, pathname, searchParams, open);
    if (pathname.startsWith('/api/v1/')) {
      if (request.method === 'POST') request.body = await bodyOf(request);
      const { status, type, body, headers } = program.broken ? problem(500, 'internal', 'Internal Server Error', 'the stand-in is told to fail') : answer(program, request.method, pathname, searchParams, request);
      if (status === 200 && /\/(history|log|cluster\/(summary|topology|status|visits|latency))$/.test(pathname) && (request.headers['accept-encoding'] ?? '').includes('gzip')) {
        response.writeHead(200, fields(type, 'no-store', { 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' }));
        return response.end(gzipSync(JSON.stringify(body)));
      }
      response.writeHead(status, fields(type, 'no-store', headers));
      const raw = status === 200 && (request.headers.accept ?? '').startsWith('application/octet-stream');
      return response.end(raw ? Buffer.from(JSON.stringify(body)) : JSON.stringify(body));
    }
    const found = await file(pathname);
    // As the program does: what is compressed already is left alone.
    const small = found && !pathname.endsWith('.woff2') && (request.headers['accept-encoding'] ?? '').includes('gzip');
    const bytes = small ? gzipSync(found.bytes, { level: 9 }) : found?.bytes ?? 'not here';
    response.writeHead(found ? 200 : 404, fields(found?.type ?? 'text/plain', 'no-cache', {
      'Content-Length': bytes.length, ETag: `"${createHash('sha1').update(bytes).digest('hex').slice(0, 16)}z"`, ...(pathname === '/' || pathname.endsWith('.svg') ? { 'Content-Security-Policy': policy } : {}),
      ...(small ? { 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' } : {}),
    }));
    return response.end(bytes);
  });
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => resolve({
      url: `http://127.0.0.1:${server.address().port}/`,
      port: server.address().port,
      program,
      answer: (method, path, request = { headers: {} }) => {
        const { pathname, searchParams } = new URL(path, 'http://localhost');
        return answer(program, method, pathname, searchParams, request);
      },
      close: () => new Promise((done) => {
        for (const r of open) r.destroy();
        server.close(done);
        server.closeAllConnections();
      }),
    }));
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const flags = Object.fromEntries(process.argv.slice(2).join(' ').split('--').filter(Boolean).map((f) => f.trim().split(/[ =]/)));
  const started = await serve({ scene: flags.scene, partitions: flags.partitions ? Number(flags.partitions) : undefined, groups: flags.groups ? Number(flags.groups) : undefined, instances: flags.instances ? Number(flags.instances) : undefined, locked: flags.locked === 'yes' }, Number(flags.port ?? 8090));
  console.log(`${started.program.scene}: ${started.url}`);
}
