// The part of a DumbKV's spec that makes it reachable through a Gateway of the Gateway API.
// It flows into `schema.ts`.
import { Type } from 'typebox';
import { BOUNDS, hostName, objectName, text } from './fields.ts';

const ParentRef = Type.Object(
  {
    name: objectName('The name of the Gateway.'),
    namespace: Type.Optional(
      text(
        "The namespace of the Gateway; left out, the instance's own. The Gateway says which " +
          'namespaces may use it (`allowedRoutes`).',
        63,
        { pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' },
      ),
    ),
    sectionName: Type.Optional(
      objectName('The listener of the Gateway; left out, all that take the route.'),
    ),
  },
  { description: 'A Gateway.' },
);

/** `spec.httpRoute`. */
export const HttpRoute = Type.Object(
  {
    parentRefs: Type.Array(ParentRef, {
      description: 'The Gateways through which the instance is reached.',
      minItems: 1,
      maxItems: BOUNDS.parentRefs,
    }),
    hostnames: Type.Optional(
      Type.Array(
        hostName(
          'A host name under which the instance is reached. A DumbKV that has it at a Gateway ' +
            'keeps it, and of two that ask for a free one the older gets it.',
        ),
        {
          description: "The host names; left out, those of the Gateway's listeners.",
          maxItems: BOUNDS.hostnames,
        },
      ),
    ),
  },
  {
    description:
      'Makes the instance reachable from outside the cluster through an HTTPRoute of the Gateway ' +
      'API (`gateway.networking.k8s.io/v1`). Where the cluster does not know that kind, the ' +
      'condition `Exposed` says so, and the route is made within two minutes of its installation.',
  },
);
