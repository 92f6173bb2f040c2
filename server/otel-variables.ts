// The standard variables of OpenTelemetry that count here: whether they ask for traces, and what
// is wrong with them. The packages of OpenTelemetry read all others themselves.
// Next: `config.ts` looks at them; `tracing.ts` is loaded where traces are asked for.

type Environment = Readonly<Record<string, string | undefined>>;

const OF_EXPORTER = [
  ...['ENDPOINT', 'PROTOCOL', 'HEADERS', 'TIMEOUT', 'COMPRESSION'],
  ...['CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY'],
];

/** All that a `.env` may hold of them. */
export const OTEL_VARIABLES: readonly string[] = [
  ...['OTEL_SDK_DISABLED', 'OTEL_SERVICE_NAME', 'OTEL_RESOURCE_ATTRIBUTES'],
  ...['OTEL_TRACES_EXPORTER', 'OTEL_TRACES_SAMPLER', 'OTEL_TRACES_SAMPLER_ARG'],
  ...OF_EXPORTER.flatMap((name) => [
    `OTEL_EXPORTER_OTLP_${name}`,
    `OTEL_EXPORTER_OTLP_TRACES_${name}`,
  ]),
  ...['OTEL_BSP_SCHEDULE_DELAY', 'OTEL_BSP_EXPORT_TIMEOUT'],
  ...['OTEL_BSP_MAX_QUEUE_SIZE', 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE'],
];

const ENDPOINTS = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'] as const;

const PROTOCOLS = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'] as const;

/** Where traces are to be sent; undefined: none are asked for. */
export function tracesEndpoint(env: Environment): string | undefined {
  if (/^true$/i.test(env.OTEL_SDK_DISABLED ?? '')) return undefined;
  const exporters = (env.OTEL_TRACES_EXPORTER || 'otlp').split(',').map((name) => name.trim());
  if (!exporters.includes('otlp')) return undefined;
  return ENDPOINTS.map((name) => env[name]).find((text) => text);
}

/** What is wrong with them, a clause each: the packages would pass it over. */
export function otelMistakes(env: Environment): string[] {
  if (tracesEndpoint(env) === undefined) return [];
  const misplaced = ENDPOINTS.filter((name) => env[name] && !isOfHttp(env[name]));
  const unspoken = PROTOCOLS.find((name) => env[name]);
  return [
    ...misplaced.map((name) => `${name} must be an http or https URL`),
    ...(unspoken === undefined || env[unspoken] === 'http/protobuf'
      ? []
      : [`${unspoken} must be http/protobuf: no other protocol is spoken here`]),
  ];
}

const isOfHttp = (text?: string): boolean => /^https?:$/.test(protocolOf(text));

const protocolOf = (text = ''): string => URL.parse(text)?.protocol ?? '';
