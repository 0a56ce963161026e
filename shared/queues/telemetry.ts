/**
 * Traces of jobs, by OpenTelemetry: from the moment that a job is added, through its attempts, to the
 * stored result. Opt-in: unless {@link startTracing} was called nothing is loaded, and a span costs a
 * comparison.
 */

import type * as Otel from '@opentelemetry/api';
import type { Span as BullSpan, Telemetry as BullTelemetry } from 'bullmq';
import { CommandError, errorText, EXIT } from '../base/errors.js';
import { JobFailure } from '../base/outcome.js';
import { hideQuery, safeUrl } from '../base/safe-text.js';
import { withDeadline } from '../base/wait.js';
import type { QueuedJob } from './job.js';

const NAME = 'comic-queue';

/** What is left to be sent is given up then: a collector that is gone must not hold up a command. */
const SENT_WITHIN_MS = 3000;

/** A collector that is gone is mentioned this often. */
const PROBLEM_EVERY_MS = 60_000;

/**
 * Operations of BullMQ that say something of a job: an attempt, and what follows one that failed. Those
 * of its loops would be traces of nothing, and that an attempt is complete its own end says.
 */
const OPERATIONS: ReadonlySet<string> = new Set(['process', 'fail', 'delay', 'retry']);

/** One a process, as OpenTelemetry's own parts are. */
let current: Tracing | undefined;

export interface TracingOptions {
  /** Where traces go, by OTLP over HTTP: `http://127.0.0.1:4318`. */
  readonly endpoint: string;
  readonly version: string;
  /** Takes what a person should know: that traces cannot be sent. */
  readonly onProblem: (text: string) => void;
}

/**
 * Has jobs traced from now on. Idempotent; resolves with what ends it, which sends what is left, for
 * three seconds at most.
 *
 * @throws CommandError (badConfig) where the packages are not installed.
 */
export async function startTracing(options: TracingOptions): Promise<() => Promise<void>> {
  if (current !== undefined) return () => Promise.resolve();
  const packages = await loadPackages();
  current ??= new Tracing(packages, options);
  const tracing = current;
  return async () => {
    current = undefined;
    await tracing.stop();
  };
}

/** The option by which a worker of BullMQ is traced; none without tracing. */
export function bullTelemetry(): { telemetry?: BullTelemetry } {
  return current === undefined ? {} : { telemetry: current.bull };
}

export interface TracedJobs {
  readonly jobs: QueuedJob[];
  /** Says that the jobs are in Redis, or why they are not. */
  readonly end: (error?: unknown) => void;
}

/** Begins the trace of each job that is to be added; each carries its own from then on. */
export function traceJobs(queue: string, jobs: QueuedJob[]): TracedJobs {
  return current === undefined ? { jobs, end: () => {} } : current.add(queue, jobs);
}

/** Values of attributes, named by the conventions of OpenTelemetry where there is one. */
export type Attributes = Readonly<Record<string, string | number>>;

export interface SpanDetails {
  readonly name: string;
  /** `client`: another system is asked. */
  readonly kind: 'internal' | 'client';
  readonly attributes: Attributes;
}

/**
 * Runs `act` in a span of the trace that is active; `note` adds what is known only later. `describe` is
 * not called where nothing is traced.
 */
export function spanned<T>(
  describe: () => SpanDetails,
  act: (note: (attributes: Attributes) => void) => Promise<T>,
): Promise<T> {
  return current === undefined ? act(() => {}) : current.run(describe(), act);
}

/** `trace_id` and `span_id` for a line of the log; none outside of a span. */
export function traceFields(): object {
  return current?.fields() ?? {};
}

async function loadPackages() {
  try {
    const [api, sdk, exporter, resources, bull] = await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('bullmq-otel'),
    ]);
    return { api, sdk, exporter, resources, bull };
  } catch (error) {
    const message = `Traces need packages that are not installed: npm install ${PACKAGES.join(' ')}`;
    throw new CommandError(EXIT.badConfig, message, { cause: error });
  }
}

/** As the peer dependencies of package.json have them: newer SDKs do not run on all Nodes that we do. */
const PACKAGES = [
  'bullmq-otel@2',
  '@opentelemetry/api@1.9',
  '@opentelemetry/sdk-trace-node@2',
  '@opentelemetry/resources@2',
  '@opentelemetry/exporter-trace-otlp-http@0.223',
];

type Packages = Awaited<ReturnType<typeof loadPackages>>;

class Tracing {
  readonly bull: BullTelemetry;
  readonly #api: typeof Otel;
  readonly #tracer: Otel.Tracer;
  readonly #shutDown: () => Promise<void>;
  readonly #complain: (fact: string) => void;

  constructor({ api, sdk, exporter, resources, bull }: Packages, options: TracingOptions) {
    const { endpoint, version, onProblem } = options;
    this.#complain = complainer(endpoint, onProblem);
    api.diag.setLogger(diagnostics(this.#complain), api.DiagLogLevel.WARN);
    const url = `${endpoint.replace(/\/$/, '')}/v1/traces`;
    const processor = new sdk.BatchSpanProcessor(new exporter.OTLPTraceExporter({ url }));
    const provider = new sdk.NodeTracerProvider({
      // The environment may name the service otherwise.
      resource: resources
        .defaultResource()
        .merge(
          resources.resourceFromAttributes({ 'service.name': NAME, 'service.version': version }),
        )
        .merge(resources.detectResources({ detectors: [resources.envDetector] })),
      spanProcessors: [processor],
    });
    provider.register();
    this.#api = api;
    this.#tracer = provider.getTracer(NAME, version);
    this.#shutDown = () => provider.shutdown();
    this.bull = telemetryOf(new bull.BullMQOtel({ tracerName: NAME, version }), api);
  }

  add(queue: string, jobs: readonly QueuedJob[]): TracedJobs {
    const { trace, ROOT_CONTEXT, SpanKind, SpanStatusCode } = this.#api;
    const spans = jobs.map(({ opts }) =>
      this.#tracer.startSpan(`create ${queue}`, {
        root: true,
        kind: SpanKind.PRODUCER,
        attributes: {
          'messaging.system': 'bullmq',
          'messaging.operation.type': 'create',
          'messaging.destination.name': queue,
          'messaging.message.id': opts.jobId ?? '',
        },
      }),
    );
    const traced = jobs.map((job, index) => {
      const span = spans[index];
      if (span === undefined) return job;
      const metadata = this.bull.contextManager.getMetadata(trace.setSpan(ROOT_CONTEXT, span));
      return { ...job, opts: { ...job.opts, telemetry: { metadata } } };
    });
    const end = (error?: unknown): void => {
      for (const span of spans) {
        if (error !== undefined) {
          span.setStatus({ code: SpanStatusCode.ERROR, message: errorText(error) });
        }
        span.end();
      }
    };
    return { jobs: traced, end };
  }

  run<T>(
    { name, kind, attributes }: SpanDetails,
    act: (note: (attributes: Attributes) => void) => Promise<T>,
  ): Promise<T> {
    const { SpanKind, SpanStatusCode } = this.#api;
    const options = {
      kind: kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL,
      attributes: { ...attributes },
    };
    return this.#tracer.startActiveSpan(name, options, async (span) => {
      try {
        return await act((more) => span.setAttributes({ ...more }));
      } catch (error) {
        span.setAttribute('error.type', error instanceof JobFailure ? error.reason : 'error');
        span.setStatus({ code: SpanStatusCode.ERROR, message: errorText(error) });
        throw error;
      } finally {
        span.end();
      }
    });
  }

  fields(): object {
    const span = this.#api.trace.getActiveSpan()?.spanContext();
    return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
  }

  async stop(): Promise<void> {
    const late = (): Error => new Error(`they were not taken within ${SENT_WITHIN_MS / 1000} s`);
    await withDeadline(this.#shutDown(), SENT_WITHIN_MS, late).catch((error: unknown) =>
      this.#complain(errorText(error)),
    );
    const { trace, context, propagation, diag } = this.#api;
    for (const part of [trace, context, propagation, diag]) part.disable();
  }
}

/**
 * BullMQ's side. An attempt at a job that was added untraced begins a trace: the context that is active
 * then is that of the job before it.
 */
function telemetryOf(
  { tracer, contextManager }: BullTelemetry,
  { ROOT_CONTEXT }: typeof Otel,
): BullTelemetry {
  return {
    contextManager,
    tracer: {
      startSpan(name, options, context?: Otel.Context) {
        const [operation = ''] = name.split(' ', 1);
        if (!OPERATIONS.has(operation)) return NO_SPAN;
        const isAttempt = operation === 'process';
        return tracer.startSpan(name, options, context ?? (isAttempt ? ROOT_CONTEXT : undefined));
      },
    },
  };
}

const NO_SPAN: BullSpan<Otel.Context> = {
  setSpanOnContext: (context) => context,
  setAttribute() {},
  setAttributes() {},
  addEvent() {},
  recordException() {},
  end() {},
};

/** Says that traces cannot be sent, once in a while: each attempt to send some may fail. */
function complainer(endpoint: string, onProblem: (text: string) => void): (fact: string) => void {
  const shown = hideQuery(safeUrl(endpoint));
  let nextAtMs = 0;
  return (fact) => {
    const nowMs = performance.now();
    if (nowMs < nextAtMs) return;
    nextAtMs = nowMs + PROBLEM_EVERY_MS;
    onProblem(`Cannot send traces to ${shown}: ${fact}. The jobs go on without`);
  };
}

/** What OpenTelemetry's parts complain of goes there; what else they say is for their developers. */
function diagnostics(complain: (fact: string) => void): Otel.DiagLogger {
  const problem = (text: string): void => complain(factOf(text));
  return { error: problem, warn: problem, info() {}, debug() {}, verbose() {} };
}

/** An error comes as JSON, with its stack. */
function factOf(text: string): string {
  try {
    const error: unknown = JSON.parse(text);
    const isNamed = typeof error === 'object' && error !== null && 'message' in error;
    return isNamed && typeof error.message === 'string' ? error.message : text;
  } catch {
    return text;
  }
}
