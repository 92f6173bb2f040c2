// What the CEL rules on processor time and memory refuse and take, wherever a spec asks for them.
// `rule-examples.ts` and `postgres-examples.ts` say where that is.
import type { Spec } from './object.ts';
import { ENDLESS, type RuleExamples } from './rule-example.ts';

/** Examples for the resources at a place, which `specOf` puts into a spec. */
export function computeExamples(at: string, specOf: (resources: Spec) => Spec): RuleExamples[] {
  const requests = (value: Spec) => specOf({ requests: value });
  const limits = (value: Spec) => specOf({ limits: value });
  const pair = (kind: string, request: string, limit: string) =>
    specOf({ requests: { [kind]: request }, limits: { [kind]: limit } });
  return [
    cpu(`${at}.requests.cpu`, requests),
    cpu(`${at}.limits.cpu`, limits),
    {
      at: `${at}.requests.memory`,
      message: 'must be a quantity from 1Mi to 256Ti, such as 256Mi',
      refused: ['128m', '0', '1023Ki', 'much', '257Ti', ...ENDLESS].map((memory) =>
        requests({ memory }),
      ),
      accepted: ['1Mi', '128Mi', '1G'].map((memory) => requests({ memory })),
    },
    {
      at: `${at}.limits.memory`,
      message: 'must be a quantity from 64Mi to 256Ti, such as 256Mi',
      refused: ['512m', '512', '63Mi', '1GB', '1e99'].map((memory) => limits({ memory })),
      accepted: ['64Mi', '512Mi', '1Gi'].map((memory) => limits({ memory })),
    },
    ...[
      { kind: 'cpu', more: pair('cpu', '1001m', '1'), fits: pair('cpu', '1000m', '1') },
      { kind: 'memory', more: pair('memory', '1Gi', '1G'), fits: pair('memory', '1G', '1Gi') },
    ].map(({ kind, more, fits }) => ({
      at,
      message: `requests.${kind} must not be more than limits.${kind}: lower the request`,
      field: `${at}.requests`,
      refused: [more],
      accepted: [fits, specOf({ requests: { cpu: '4' }, limits: { memory: '1Gi' } })],
    })),
  ];
}

const cpu = (at: string, specOf: (value: Spec) => Spec): RuleExamples => ({
  at,
  message: 'must be a quantity from 1m to 100k, such as "500m" or "2"',
  refused: ['half', '0', '-1', '', '1u', '100001', '1.2.3', '1e', ...ENDLESS].map((value) =>
    specOf({ cpu: value }),
  ),
  accepted: ['1m', '500m', '0.5', '2', '100k', '1e-3'].map((value) => specOf({ cpu: value })),
});
