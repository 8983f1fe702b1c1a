// The stand-in says what the API's document says: pages that are built against it are built against corka.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { serve } from '../stand_in/server.mjs';

const document = JSON.parse(readFileSync(new URL('../../../lib/query/openapi.json', import.meta.url)));

const resolved = (schema) => (schema.$ref ? document.components.schemas[schema.$ref.split('/').pop()] : schema);

/** Names of all members that the document knows of an object, by whichever part of its schema. */
const namesOf = (schema) => [...Object.keys(schema.properties ?? {}), ...(schema.allOf ?? []).flatMap((s) => namesOf(resolved(s)))];

/** What is wrong with `value`, as lines; the part of JSON Schema that the document uses. `whole`: what `schema` is a part of. */
function faults(of, value, at = '$', whole = null) {
  const schema = resolved(of);
  if (value === null) return schema.nullable ? [] : schema.type || schema.allOf ? [`${at} is null`] : [];
  const out = (schema.allOf ?? []).flatMap((s) => faults(s, value, at, whole ?? schema));
  if (schema.anyOf && schema.anyOf.every((s) => faults(s, value, at).length > 0)) out.push(`${at} is none of what it may be`);
  const kind = Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value;
  if (schema.type && schema.type !== kind && !(schema.type === 'number' && kind === 'integer')) return [...out, `${at} is ${kind}, not ${schema.type}`];
  if (schema.enum && !schema.enum.includes(value)) out.push(`${at} is ${value}, not one of ${schema.enum}`);
  if (schema.minimum !== undefined && value < schema.minimum) out.push(`${at} is ${value}, less than ${schema.minimum}`);
  if (schema.maximum !== undefined && value > schema.maximum) out.push(`${at} is ${value}, more than ${schema.maximum}`);
  if (kind === 'array' && schema.items) value.forEach((item, i) => out.push(...faults(schema.items, item, `${at}[${i}]`)));
  if (kind === 'object') {
    for (const name of schema.required ?? []) if (!(name in value)) out.push(`${at}.${name} is missing`);
    for (const [name, item] of Object.entries(value)) {
      const known = schema.properties?.[name] ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : null);
      if (known) out.push(...faults(known, item, `${at}.${name}`));
      else if (schema.properties && !namesOf(whole ?? schema).includes(name)) out.push(`${at}.${name} is not in the document`);
    }
  }
  return out;
}

const asked = {
  '/api/v1/summary': ['/api/v1/summary'],
  '/api/v1/status': ['/api/v1/status'],
  '/api/v1/processors': ['/api/v1/processors'],
  '/api/v1/processors/{group}': ['/api/v1/processors/planes', '/api/v1/processors/delays'],
  '/api/v1/processors/{group}/partitions': ['/api/v1/processors/delays/partitions'],
  '/api/v1/processors/{group}/progress': ['/api/v1/processors/delays/progress'],
  '/api/v1/cluster/processors/{group}/progress': ['/api/v1/cluster/processors/planes/progress'],
  '/api/v1/views': ['/api/v1/views'],
  '/api/v1/views/{table}': ['/api/v1/views/planes-table'],
  '/api/v1/topology': ['/api/v1/topology'],
  '/api/v1/latency': ['/api/v1/latency'],
  '/api/v1/config': ['/api/v1/config'],
  '/api/v1/history': ['/api/v1/history', '/api/v1/history?seconds=60&step=5', '/api/v1/history?digits=4&total=in,lag&processors=lag&views='],
  '/api/v1/log': ['/api/v1/log'],
  '/api/v1/tables': ['/api/v1/tables'],
  '/api/v1/tables/{table}': ['/api/v1/tables/planes-table'],
  '/api/v1/tables/{table}/keys': ['/api/v1/tables/planes-table/keys?limit=3', '/api/v1/tables/planes-table/keys?prefix=N1&limit=2'],
  '/api/v1/dead-letters': ['/api/v1/dead-letters'],
  '/api/v1/dead-letters/{topic}': ['/api/v1/dead-letters/delays-dead?limit=5'],
  '/api/v1/actions': ['/api/v1/actions'],
  '/api/v1/assignment': ['/api/v1/assignment'],
  '/api/v1/cluster/instances': ['/api/v1/cluster/instances'],
  '/api/v1/cluster/actions': ['/api/v1/cluster/actions'],
  '/api/v1/cluster/status': ['/api/v1/cluster/status'],
  '/api/v1/cluster/topology': ['/api/v1/cluster/topology'],
  '/api/v1/cluster/summary': ['/api/v1/cluster/summary'],
  '/api/v1/cluster/history': ['/api/v1/cluster/history', '/api/v1/cluster/history?seconds=60&step=5', '/api/v1/cluster/history?digits=4&total=in&processors=&views=lag'],
  '/api/v1/cluster/latency': ['/api/v1/cluster/latency'],
  '/api/v1/cluster/log': ['/api/v1/cluster/log', '/api/v1/cluster/log?limit=3&since=1'],
  '/api/v1/cluster/visits': ['/api/v1/cluster/visits'],
  '/api/v1/cluster/processors/{group}/partitions': ['/api/v1/cluster/processors/planes/partitions'],
};

for (const scene of ['running', 'empty', 'failing', 'recovering', 'gone']) {
  test(`stand-in: what it says in the scene ${scene} is what the document says`, async (t) => {
    const s = await serve({ scene, partitions: 12, instances: 3 });
    t.after(() => s.close());
    for (const [path, targets] of Object.entries(asked)) {
      assert.ok(document.paths[path], `${path} is not in the document`);
      const schema = document.paths[path].get.responses['200'].content['application/json'].schema;
      for (const target of targets) {
        const { status, body } = s.answer('GET', target);
        if (scene === 'empty' && status === 404) continue;
        assert.equal(status, 200, target);
        assert.deepEqual(faults(schema, JSON.parse(JSON.stringify(body))).slice(0, 5), [], target);
      }
    }
    const sample = JSON.parse(JSON.stringify(s.program.sample(s.program.now() - 1000)));
    assert.deepEqual(faults({ $ref: '#/components/schemas/Sample' }, sample), []);
  });
}

test('stand-in: refuses as the document says', async (t) => {
  const s = await serve({});
  t.after(() => s.close());
  for (const [target, status, kind] of [['/api/v1/tables/nope/keys/a', 404, 'table-unknown'], ['/api/v1/tables/planes-table/keys/nope', 404, 'row-absent']]) {
    const r = s.answer('GET', target);
    assert.equal(r.status, status);
    assert.deepEqual(faults({ $ref: '#/components/schemas/Problem' }, r.body).filter((f) => !f.endsWith('not in the document')), []);
    assert.equal(r.body.type, `urn:corka:problem:${kind}`);
  }
  assert.equal(s.answer('POST', '/api/v1/actions/runs', { headers: {}, body: { action: 'user:compact' } }).status, 401);
});
