// Links between pages: those that lead nowhere, and pages that no index names.
import { describe, expect, it } from 'vitest';
import {
  headingsAreThere,
  indexIsWhole,
  linksLead,
  namedFilesAreThere,
} from '../../tidy/rules/links.ts';
import { findings, lines } from './findings.ts';

const inGuide = (line: string) =>
  findings(linksLead, {
    'docs/a.md': lines('# A', line),
    'docs/b.md': '# B\n',
    'config/rbac/role.yaml': '',
  });

describe('a link that leads nowhere is found', () => {
  it.each([
    ['see [c](c.md)', 'docs/c.md'],
    ['see [b](b.md) and [c](../c.md#part)', 'c.md'],
    ['see [rights](config/rbac/role.yaml)', 'docs/config/rbac/role.yaml'],
    ['![a picture](a.png)', 'docs/a.png'],
  ])('%s', (line, to) => {
    expect(inGuide(line)).toEqual([`docs/a.md:2: nothing is at ${to}: correct the link`]);
  });
});

describe('a link that leads somewhere is not', () => {
  it.each([
    'see [b](b.md)',
    'see [part of b](b.md#part)',
    'see [a folder](../config/rbac)',
    'see [a folder](../config/rbac/)',
    'see [this page](#part)',
    'see [elsewhere](https://example.org/a.md)',
    'see [nothing]',
  ])('%s', (line) => {
    expect(inGuide(line)).toEqual([]);
  });
});

describe('a link to a part of a page', () => {
  const inPage = (line: string) =>
    findings(headingsAreThere, {
      'docs/a.md': lines('# A', line),
      'docs/b.md': lines('# B', '### `spec.auth.type`', '## `database is locked`, a Claim'),
    });

  it.each([
    ['[b](b.md#c)', 'docs/b.md has no heading for #c'],
    ['[here](#b)', 'docs/a.md has no heading for #b'],
  ])('that is not there is found: %s', (line, says) => {
    expect(inPage(line)).toEqual([`docs/a.md:2: ${says}: correct the link`]);
  });

  it.each([
    '[here](#a)',
    '[b](b.md#b), [a field](b.md#specauthtype)',
    '[a sentence](b.md#database-is-locked-a-claim)',
    '[elsewhere](https://example.org/a.md#c)',
    '[code](../operator/main.ts#L1)',
  ])('that is there is not: %s', (line) => {
    expect(inPage(line)).toEqual([]);
  });
});

describe('a file that a page names', () => {
  const texts = (line: string) => ({ 'operator/a.md': lines(line), 'operator/kube/b.ts': '' });

  it.each(['`c.ts`', '`api/b.ts`', 'see `b.ts` and `c.ts`'])('is missed: %s', (line) => {
    const [finding = ''] = findings(namedFilesAreThere, texts(line));
    expect(finding).toMatch(/^operator\/a\.md:1: there is no /);
  });

  it.each(['`b.ts`', '`kube/b.ts`', '`operator/kube/b.ts`', '`.ts`'])('is found: %s', (line) => {
    expect(findings(namedFilesAreThere, texts(line))).toEqual([]);
  });
});

describe('the index', () => {
  it('names every page of the guide', () => {
    const texts = { 'docs/README.md': '[a](a.md)\n', 'docs/a.md': '', 'docs/deep/b.md': '' };
    expect(findings(indexIsWhole, { ...texts, 'README.md': '' })).toEqual([
      'docs/deep/b.md:1: docs/README.md does not name this page',
    ]);
  });

  it('must name it itself: a link on another page is not enough', () => {
    const texts = { 'docs/README.md': '', 'docs/a.md': '', 'README.md': '[a](docs/a.md)\n' };
    expect(findings(indexIsWhole, texts)).toHaveLength(1);
  });
});
