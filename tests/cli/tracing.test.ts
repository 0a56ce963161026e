import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { settingsOf } from '../../cli/commands/origin.js';
import { createOrigin, type Origin } from '../../origin/server.js';
import { EXIT } from '../../shared/base/errors.js';
import { traceFields } from '../../shared/queues/telemetry.js';
import { startTestRedis, type TestRedis } from '../support/redis-server.js';
import { runCommandLine, runInProcess } from './command-line.js';

/** A request of an OTLP exporter, as far as it is looked at. */
const Traces = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({
        attributes: z.array(z.object({ key: z.string(), value: z.unknown() })),
      }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              name: z.string(),
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              startTimeUnixNano: z.string(),
              attributes: z.array(z.object({ key: z.string(), value: z.unknown() })),
              status: z.object({ code: z.number().optional() }),
            }),
          ),
        }),
      ),
    }),
  ),
});

type Span = z.infer<typeof Traces>['resourceSpans'][number]['scopeSpans'][number]['spans'][number];

/** Takes what an exporter sends, in JSON. */
class Receiver {
  readonly spans: Span[] = [];
  readonly services: unknown[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      void this.#take(request).finally(() => {
        response.setHeader('content-type', 'application/json').end('{}');
      });
    });
  }

  async #take(request: IncomingMessage): Promise<void> {
    const { resourceSpans } = Traces.parse(await json(request));
    for (const { resource, scopeSpans } of resourceSpans) {
      this.services.push(resource.attributes.find(({ key }) => key === 'service.name')?.value);
      this.spans.push(...scopeSpans.flatMap(({ spans }) => spans));
    }
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

let redis: TestRedis;
let origin: Origin;
let receiver: Receiver;
let env: Record<string, string>;

beforeAll(async () => {
  redis = await startTestRedis();
  // Each comic fails once, and is there then.
  origin = createOrigin({ faults: ['500?each=1'] });
  receiver = new Receiver();
  const [endpoint] = await Promise.all([receiver.start(), origin.start()]);
  env = {
    REDIS_URL: redis.url,
    ...settingsOf(origin.url),
    COMIC_QUEUE_LOG: 'error',
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  };
});

afterEach(() => {
  receiver.spans.length = 0;
});

afterAll(async () => {
  receiver.stop();
  await Promise.all([origin.stop(), redis.stop()]);
});

describe('with OTEL_EXPORTER_OTLP_ENDPOINT', () => {
  test('a job has one trace, from being added through its attempts to the stored file', async () => {
    const got = await runInProcess(['get', 'comics', '7', '8'], { env });

    expect(got.exitCode).toBe(EXIT.ok);
    const traces = new Set(receiver.spans.map(({ traceId }) => traceId));
    expect(traces.size).toBe(2);
    for (const trace of traces) {
      const spans = receiver.spans.filter(({ traceId }) => traceId === trace);
      expect(treeOf(spans)).toEqual([
        'create comics',
        '  process comics',
        '    fetch !',
        '    delay comics',
        '  process comics',
        '    fetch',
        '    store',
      ]);
    }
    expect(receiver.services).toContainEqual({ stringValue: 'comic-queue' });
  });

  test('what is enqueued here and worked there is one trace, too', async () => {
    await runInProcess(['enqueue', 'comics', '9'], { env });
    const logged = { ...env, COMIC_QUEUE_LOG: 'info' };
    const work = ['work', '--kinds', 'comics', '--drain', '-v'];

    const worked = await runCommandLine(work, { env: logged });

    expect(new Set(receiver.spans.map(({ traceId }) => traceId)).size).toBe(1);
    const [first] = receiver.spans;
    const lines = worked.stderr.split('\n').filter((line) => line.includes(first?.traceId ?? ''));
    expect(lines.join('\n')).toMatch(/comic 9 stored/);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      trace_id: first?.traceId,
      span_id: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
    });
  });

  test('a collector that is gone is said, and holds nothing up', async () => {
    const endpoint = 'http://ada:planted@127.0.0.1:1/?key=planted';
    const gone = { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };

    const got = await runInProcess(['get', 'comics', '10'], { env: gone });

    expect(got.exitCode).toBe(EXIT.ok);
    expect(got.stderr).toContain('Cannot send traces to http://127.0.0.1:1/?key=[hidden]: ');
    expect(got.stderr).not.toContain('planted');
  });

  test('must be a URL', async () => {
    const ended = await runInProcess(['get', 'comics', '10'], {
      env: { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' },
    });

    expect(ended.exitCode).toBe(EXIT.badConfig);
    expect(ended.stderr).toContain('OTEL_EXPORTER_OTLP_ENDPOINT must be a URL such as http://');
  });
});

test('without it nothing is sent, and lines of the log have no trace', async () => {
  const { OTEL_EXPORTER_OTLP_ENDPOINT, ...untraced } = env;

  const got = await runInProcess(['get', 'comics', '11'], { env: untraced });

  expect(OTEL_EXPORTER_OTLP_ENDPOINT).toBeDefined();
  expect(got.exitCode).toBe(EXIT.ok);
  expect(receiver.spans).toEqual([]);
  expect(traceFields()).toEqual({});
});

/** The names of spans, below those they are part of, in the order of their beginning; `!` for an error. */
function treeOf(spans: readonly Span[], parent?: string, indent = ''): string[] {
  const children = spans
    .filter(({ parentSpanId }) => (parentSpanId ?? '') === (parent ?? ''))
    .toSorted((a, b) => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)));
  return children.flatMap(({ name, spanId, status }) => [
    `${indent}${name}${status.code === 2 ? ' !' : ''}`,
    ...treeOf(spans, spanId, `${indent}  `),
  ]);
}
