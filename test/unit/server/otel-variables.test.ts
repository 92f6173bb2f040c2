// The variables of OpenTelemetry: when they ask for traces, and which of them are mistakes.
// What they lead to is tested in test/server/tracing.test.ts.
import { expect, test } from 'vitest';
import { configFrom } from '../../../server/config.ts';
import { OTEL_VARIABLES, otelMistakes, tracesEndpoint } from '../../../server/otel-variables.ts';

const ENDPOINT = 'http://collector:4318';
const asked = { OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT };

test.each([
  ['an endpoint', asked],
  ['an endpoint for traces', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: ENDPOINT }],
  ['the exporter', { ...asked, OTEL_TRACES_EXPORTER: 'otlp' }],
  ['several exporters', { ...asked, OTEL_TRACES_EXPORTER: 'console, otlp' }],
  ['an SDK that is not disabled', { ...asked, OTEL_SDK_DISABLED: 'false' }],
])('%s asks for traces', (_, env) => {
  expect(tracesEndpoint(env)).toBe(ENDPOINT);
});

test('the endpoint for traces goes before the one for all', () => {
  const env = { ...asked, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.example/in' };
  expect(tracesEndpoint(env)).toBe('https://traces.example/in');
});

test.each([
  ['nothing', {}],
  ['an empty endpoint', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
  ['a name', { OTEL_SERVICE_NAME: 'a' }],
  ['a disabled SDK', { ...asked, OTEL_SDK_DISABLED: 'TRUE' }],
  ['no exporter', { ...asked, OTEL_TRACES_EXPORTER: 'none' }],
  ['another exporter', { ...asked, OTEL_TRACES_EXPORTER: 'zipkin' }],
])('%s asks for none', (_, env) => {
  expect(tracesEndpoint(env)).toBeUndefined();
});

test.each(['collector:4318', 'localhost', 'ftp://collector', '/v1/traces'])(
  '%s is no endpoint, and ends the start',
  (text) => {
    const start = () => configFrom({ OTEL_EXPORTER_OTLP_ENDPOINT: text });
    expect(start).toThrow('OTEL_EXPORTER_OTLP_ENDPOINT must be an http or https URL');
  },
);

test.each([
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
  ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'http/json'],
])('%s=%s is a mistake', (name, text) => {
  expect(otelMistakes({ ...asked, [name]: text })).toEqual([
    `${name} must be http/protobuf: no other protocol is spoken here`,
  ]);
});

test('the protocol for traces goes before the one for all', () => {
  const env = {
    ...asked,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
  };
  expect(otelMistakes(env)).toEqual([]);
});

test('where no traces are asked for nothing is judged', () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
  expect(otelMistakes({ ...env, OTEL_TRACES_EXPORTER: 'none' })).toEqual([]);
});

test('every variable is named once, as OpenTelemetry names it', () => {
  expect(new Set(OTEL_VARIABLES).size).toBe(OTEL_VARIABLES.length);
  for (const name of OTEL_VARIABLES) expect(name).toMatch(/^OTEL_[A-Z_]+$/);
});
