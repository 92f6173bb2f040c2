// The manual's list of fields: complete, between its marks, and the rest of the page untouched.
// That the page on disk is up to date is tested in generate.test.ts.
import { describe, expect, it } from 'vitest';
import { objectSchema } from '../../../crds/definition.ts';
import { withFieldList } from '../../../crds/manual.ts';

const BEGIN = '<!-- fields: generated from crds/schema.ts by `npm run generate:crds` -->';
const END = '<!-- end of the fields -->';
const PAGE = `# Page\n\nBefore.\n\n${BEGIN}\nold\n${END}\n\nAfter.\n`;
const written = withFieldList(PAGE);

/** The text below one heading, up to the next. */
function section(heading: string): string {
  const [, text = ''] = written.split(`### \`${heading}\`\n`);
  return (text.split('\n### ')[0] ?? '').split(END)[0]?.trim() ?? '';
}

describe('the page', () => {
  it('keeps what is around the list, and loses the old list', () => {
    expect(written.startsWith(`# Page\n\nBefore.\n\n${BEGIN}\n\n### \`metadata.name\`\n`)).toBe(
      true,
    );
    expect(written.endsWith(`\n\n${END}\n\nAfter.\n`)).toBe(true);
    expect(written).not.toContain('\nold\n');
  });

  it('does not change when it is written again', () => {
    expect(withFieldList(written)).toBe(written);
  });

  it.each([
    ['no mark', '# Page\n'],
    ['no end', `${BEGIN}\n`],
    ['no begin', `${END}\n`],
    ['the wrong order', `${END}\n${BEGIN}\n`],
  ])('is not guessed at with %s', (_what, page) => {
    expect(() => withFieldList(page)).toThrow('docs/dumbkv.md must have the lines');
  });
});

describe('the list', () => {
  it('has a heading for each field of the spec and the status, once', () => {
    const headings = written.match(/^### `.*`$/gm) ?? [];
    expect(new Set(headings).size).toBe(headings.length);
    for (const [top, schema] of Object.entries(objectSchema().properties ?? {})) {
      for (const name of Object.keys(schema.properties ?? {})) {
        expect(headings).toContain(`### \`${top}.${name}\``);
      }
    }
    expect(headings).toContain('### `spec.ingress.tls.issuer`');
    expect(headings).toContain('### `status.conditions[].lastTransitionTime`');
    expect(headings.length).toBeGreaterThan(45);
  });

  it.each([
    ['spec.engine', '`sqlite` or `postgres`. The storage engine'],
    ['spec.replicas', 'Integer, at least 0, at most 100. How many pods'],
    ['spec.suspended', 'Boolean. True stops'],
    ['spec.storage', 'Object. The volume'],
    ['spec.storage.size', 'String, at most 32 characters. The size'],
    ['spec.auth.type', '`Token` or `None`. '],
    ['spec.ingress.annotations', 'Map of strings, at most 32 entries. '],
    ['spec.ingress.host', 'String, required, at most 253 characters. '],
    ['spec.auth.tokenSecretRef.name', 'String, required, at most 253 characters. '],
    ['status.conditions', 'List, at most 16 entries. '],
  ])('tells kind and bounds of %s', (field, beginning) => {
    expect(section(field).startsWith(beginning)).toBe(true);
  });

  it.each([
    ['spec.engine', 'sqlite'],
    ['spec.replicas', '1'],
    ['spec.suspended', 'false'],
    ['spec.storage.size', '1Gi'],
    ['spec.auth.type', 'Token'],
  ])('tells the default of %s', (field, value) => {
    expect(section(field)).toContain(` Default: \`${value}\`.`);
  });

  it('tells what the API server refuses, at the field that the refusal names', () => {
    expect(section('spec.storage.size')).toMatch(
      /\n\n- storage cannot shrink .*\.\n- a Postgres .*\.\n- must be a quantity from 1Mi .*$/,
    );
    expect(section('spec.replicas')).toContain('\n\n- engine sqlite takes at most one replica');
    expect(section('metadata.name')).toContain('\n- metadata.name must have at most 40 characters');
    expect(section('spec')).not.toContain('\n-');
    expect(section('spec.suspended')).not.toContain('\n-');
  });

  it('tells each refusal once', () => {
    const rules = JSON.stringify(objectSchema()).match(/"rule":/g) ?? [];
    expect(rules.length).toBeGreaterThan(25);
    expect(written.match(/^- /gm)).toHaveLength(rules.length);
  });
});
