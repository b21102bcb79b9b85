// What a team writes into its handlers to see as much as the built-in subscribers show: as many spans, samples and lines.
import { once } from 'node:events';

import { context as otelContext, ROOT_CONTEXT, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import pino from 'pino';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

import type { StepContext } from '../src/index.ts';
import { handler, stepNames } from './checkout-work.ts';

const task = { namespace: 'default', task: 'checkout' };
const business = { ...task, customer_tier: 'premium' };

export function byHand({ tracesUrl, logFile }: { readonly tracesUrl: string; readonly logFile: string }) {
  const registry = new Registry();
  const registers = [registry];
  const counter = (name: string, labelNames: string[]) => new Counter({ name, help: name, labelNames, registers });
  const histogram = (name: string, labelNames: string[]) => new Histogram({ name, help: name, labelNames, registers });
  const events = counter('events_total', ['event']);
  const started = counter('started_total', ['namespace', 'task', 'version']);
  const ended = counter('ended_total', ['namespace', 'task', 'version', 'status']);
  const inProgress = new Gauge({
    name: 'in_progress',
    help: 'in_progress',
    labelNames: ['namespace', 'task'],
    registers,
  });
  const durations = histogram('duration_seconds', ['namespace', 'task', 'version', 'status']);
  const waits = histogram('wait_seconds', ['namespace', 'task']);
  const sla = counter('sla_total', ['namespace', 'task', 'met']);
  const attempts = counter('attempts_total', ['namespace', 'task', 'step', 'outcome', 'error_type']);
  const stepDurations = histogram('step_seconds', ['namespace', 'task', 'step', 'outcome']);
  const businessStarted = counter('business_started_total', ['namespace', 'task', 'customer_tier']);
  const conversions = counter('conversions_total', ['namespace', 'task', 'customer_tier']);
  const revenue = counter('revenue_minor_units_total', ['namespace', 'task', 'currency', 'customer_tier']);
  const exporter = new OTLPTraceExporter({ url: tracesUrl, compression: 'gzip' as never });
  const processor = new BatchSpanProcessor({ exporter, maxQueueSize: 1_000_000 });
  const tracer = new TracerProvider({ spanProcessors: [processor] }).getTracer('by-hand');
  const destination = pino.destination({ dest: logFile, sync: false, minLength: 4096 });
  const logger = pino({ level: 'debug', base: { service: 'shop' } }, destination);
  const roots = new Map<string, Span>();
  const fact = (event: string, span: Span, more: object = {}): void => {
    const { traceId, spanId } = span.spanContext();
    events.inc({ event });
    logger.info({ event, trace_id: traceId, span_id: spanId, ...business, ...more }, event);
  };

  return {
    registry,
    handler(step: StepContext) {
      const root = roots.get(step.taskId) ?? taskStarted(step.taskId);
      const parent = trace.setSpan(ROOT_CONTEXT, root);
      const span = tracer.startSpan(`step ${step.step}`, { attributes: { ...task, step: step.step } }, parent);
      fact('step.execution_requested', span, { step: step.step });
      const began = performance.now();
      try {
        return otelContext.with(trace.setSpan(parent, span), handler);
      } finally {
        const seconds = (performance.now() - began) / 1000;
        attempts.inc({ ...task, step: step.step, outcome: 'completed', error_type: '' });
        stepDurations.observe({ ...task, step: step.step, outcome: 'completed' }, seconds);
        fact('step.completed', span, { step: step.step, duration: seconds });
        span.end();
        if (step.step === stepNames.at(-1)) taskEnded(step.taskId, root, parent);
      }
    },
    async close(): Promise<void> {
      await processor.forceFlush();
      await processor.shutdown();
      const closed = once(destination, 'close');
      destination.end();
      await closed;
    },
  };

  function taskStarted(taskId: string): Span {
    const root = tracer.startSpan('task started', { attributes: { ...business, task_id: taskId } }, ROOT_CONTEXT);
    root.end();
    roots.set(taskId, root);
    started.inc({ ...task, version: '0.1.0' });
    businessStarted.inc(business);
    fact('task.initialize_requested', root);
    inProgress.inc(task);
    waits.observe(task, 0.001);
    fact('task.start_requested', root);
    return root;
  }

  function taskEnded(taskId: string, root: Span, parent: ReturnType<typeof trace.setSpan>): void {
    const closing = tracer.startSpan('task', { attributes: { ...business, order_value: 12_997 } }, parent);
    closing.setStatus({ code: SpanStatusCode.UNSET });
    inProgress.dec(task);
    ended.inc({ ...task, version: '0.1.0', status: 'completed' });
    durations.observe({ ...task, version: '0.1.0', status: 'completed' }, 0.01);
    sla.inc({ ...task, met: 'true' });
    conversions.inc(business);
    revenue.inc({ ...business, currency: 'USD' }, 12_997);
    fact('task.completed', root);
    closing.end();
    roots.delete(taskId);
  }
}
