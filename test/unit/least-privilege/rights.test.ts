// How the end-to-end tests read rights and deeds: what a role grants, and what a request needs, in
// one form of words.
import { describe, expect, it } from 'vitest';
import type { AuditedRequest } from '../../e2e/support/audit.ts';
import { deedsOf, rightsOf, rolesIn } from '../../e2e/support/rights.ts';

const request = (fields: Partial<AuditedRequest>): AuditedRequest => ({
  ...{ verb: 'get', group: '', resource: 'secrets', namespace: 'shop', name: 'orders' },
  ...{ status: 200, message: '', isAllowed: true, ...fields },
});

describe('rights', () => {
  it('are each verb on each kind', () => {
    const rules = [
      { apiGroups: ['', 'apps'], resources: ['pods', 'deployments'], verbs: ['get', 'list'] },
      { nonResourceURLs: ['/metrics'], verbs: ['get'] },
    ];
    expect([...rightsOf([{ name: 'a role', rules }])].sort()).toEqual([
      ...['get apps/deployments', 'get apps/pods', 'get deployments', 'get pods'],
      ...['list apps/deployments', 'list apps/pods', 'list deployments', 'list pods'],
    ]);
  });

  it('are read from config/, bindings aside', () => {
    const roles = rolesIn('namespaced/role.yaml');
    expect(roles.map(({ name }) => name)).toEqual(['Role dumbkv-operator']);
    expect(rightsOf(roles)).toContain('patch dumbkv.dev/dumbkvs/status');
  });
});

describe('deeds', () => {
  it('are what was asked and allowed, also where nothing was found', () => {
    const requests = [
      request({ verb: 'list', group: 'apps', resource: 'deployments' }),
      request({ verb: 'list', group: 'apps', resource: 'deployments' }),
      request({ status: 404 }),
      request({ verb: 'delete', isAllowed: false, status: 403 }),
      request({ resource: '', name: undefined }),
    ];
    expect([...deedsOf(requests)]).toEqual(['list apps/deployments', 'get secrets']);
  });

  it('are two where an apply has made what was not there', () => {
    const made = request({ verb: 'patch', group: 'apps', resource: 'deployments', status: 201 });
    expect([...deedsOf([made])]).toEqual(['patch apps/deployments', 'create apps/deployments']);
    expect([...deedsOf([{ ...made, status: 200 }])]).toEqual(['patch apps/deployments']);
  });
});
