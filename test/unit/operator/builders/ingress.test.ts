// The Ingress: only where asked for, to the Service by port name, with the certificate that the
// spec says.
import { describe, expect, it } from 'vitest';
import { externalUrl, ingress } from '../../../../operator/builders/ingress.ts';
import { ownedMetadata } from '../../../../operator/builders/metadata.ts';
import { dumbkv, exposedDumbkv } from '../../../support/objects.ts';

const exposedWith = (alteration: object) =>
  ingress(exposedDumbkv({ spec: { ingress: alteration } }));

describe('the Ingress', () => {
  it('is not there where the spec asks for none', () => {
    expect(ingress(dumbkv())).toBeUndefined();
  });

  it('goes with its DumbKV and has its name', () => {
    expect(ingress(exposedDumbkv())).toMatchObject({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: ownedMetadata(dumbkv(), 'orders'),
    });
  });

  it('leads all paths of the host to the Service, and asks for no class or certificate', () => {
    const backend = { service: { name: 'orders', port: { name: 'http' } } };
    const http = { paths: [{ path: '/', pathType: 'Prefix', backend }] };
    expect(ingress(exposedDumbkv())?.spec).toEqual({
      rules: [{ host: 'orders.example.com', http }],
    });
  });

  it('names the class of the spec', () => {
    expect(exposedWith({ className: 'nginx' })?.spec).toMatchObject({ ingressClassName: 'nginx' });
  });

  it('carries the annotations of the spec', () => {
    const object = exposedWith({ annotations: { 'example.com/timeout': '5s' } });
    expect(object?.metadata.annotations).toEqual({ 'example.com/timeout': '5s' });
  });

  it.each([
    ['the Secret that is named', { secretName: 'my-cert' }, 'my-cert'],
    ['<name>-tls with a ClusterIssuer', { clusterIssuer: 'le' }, 'orders-tls'],
    ['<name>-tls with an Issuer', { issuer: 'le' }, 'orders-tls'],
    ['the named Secret with an issuer too', { secretName: 'my-cert', issuer: 'le' }, 'my-cert'],
  ])('takes the certificate from %s', (_case, tls, secretName) => {
    expect(exposedWith({ tls })?.spec).toMatchObject({
      tls: [{ hosts: ['orders.example.com'], secretName }],
    });
  });

  it.each([
    ['a ClusterIssuer', { clusterIssuer: 'le' }, { 'cert-manager.io/cluster-issuer': 'le' }],
    ['an Issuer', { issuer: 'le' }, { 'cert-manager.io/issuer': 'le' }],
    ['neither', { secretName: 'my-cert' }, {}],
  ])('asks cert-manager for a certificate of %s', (_case, tls, annotations) => {
    expect(exposedWith({ tls })?.metadata.annotations).toEqual(annotations);
  });
});

describe('the address outside the cluster', () => {
  it.each([
    ['none without an Ingress', dumbkv(), undefined],
    ['http without a certificate', exposedDumbkv(), 'http://orders.example.com'],
    [
      'https with one',
      exposedDumbkv({ spec: { ingress: { tls: { issuer: 'le' } } } }),
      'https://orders.example.com',
    ],
  ])('is %s', (_case, object, url) => {
    expect(externalUrl(object)).toBe(url);
  });
});
