// Quantities: every spelling that the API server takes has its amount, and spellings of one amount
// are one.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isLargerQuantity,
  isSameQuantity,
  largerQuantity,
  quantityThousandths,
  smallerQuantity,
} from '../../../../operator/api/quantity.ts';

describe('the amount of a quantity, in thousandths', () => {
  it.each<[string, string, bigint]>([
    ['a plain number', '2', 2000n],
    ['leading zeros', '0002', 2000n],
    ['a fraction', '0.5', 500n],
    ['a fraction without a whole part', '.5', 500n],
    ['a number with a bare point', '2.', 2000n],
    ['a plus sign', '+3', 3000n],
    ['a minus sign', '-3', -3000n],
    ['billionths', '5000000n', 5n],
    ['millionths', '5000u', 5n],
    ['thousandths', '500m', 500n],
    ['thousands', '5k', 5_000_000n],
    ['millions', '5M', 5n * 10n ** 9n],
    ['an M is not a thousandth', '1M', 10n ** 9n],
    ['billions', '5G', 5n * 10n ** 12n],
    ['10^12', '5T', 5n * 10n ** 15n],
    ['10^15', '5P', 5n * 10n ** 18n],
    ['10^18, though an E', '5E', 5n * 10n ** 21n],
    ['2^10', '5Ki', 5_120_000n],
    ['2^20', '5Mi', 5000n * 2n ** 20n],
    ['2^30', '1.5Gi', 1500n * 2n ** 30n],
    ['2^40', '5Ti', 5000n * 2n ** 40n],
    ['2^50', '5Pi', 5000n * 2n ** 50n],
    ['2^60', '5Ei', 5000n * 2n ** 60n],
    ['an exponent', '12e3', 12_000_000n],
    ['an exponent with a capital letter and a sign', '12E-3', 12n],
    ['an exponent with a plus sign', '12e+3', 12_000_000n],
    ['thousandths that binary fractions cannot hold', '700m', 700n],
    ['a part of a thousandth, which counts as a whole one', '1.0000001', 1001n],
    ['millionths that make no thousandth', '1500u', 2n],
    ['a fraction of bytes', '1.1Gi', 1_181_116_006_400n],
    ['more digits than a number of JavaScript has', '281474976710655.001', 281474976710655001n],
  ])('is known for %s', (_case, text, thousandths) => {
    expect(quantityThousandths(text)).toBe(thousandths);
  });

  it.each([
    '',
    'Gi',
    'one',
    '1 Gi',
    '1gi',
    '1KI',
    '1e',
    '1.2.3',
    '0x10',
    '1Gi ',
    '.',
    '+',
    '--1',
    '1e1000',
    '1e3k',
    'NaN',
    'Infinity',
  ])('is unknown for "%s"', (text) => {
    expect(quantityThousandths(text)).toBeUndefined();
  });
});

describe('two quantities', () => {
  it.each([
    ['1Gi', '1024Mi'],
    ['1', '1000m'],
    ['0.7', '700m'],
    ['1.1', '1100m'],
    ['1e3', '1k'],
    ['1.1Gi', '1181116006400m'],
    ['0.001', '1m'],
    ['128974848', '123Mi'],
    ['100u', '1m'],
    ['0.0571', '58m'],
    ['0.0001Ki', '103m'],
    ['1e-9', '1m'],
    ['1500u', '2m'],
    ['+1Gi', '1Gi'],
  ])('%s and %s are the same', (left, right) => {
    expect(isSameQuantity(left, right)).toBe(true);
  });

  it.each([
    ['1G', '1Gi'],
    ['1', '1m'],
    ['1M', '1m'],
    ['1E', '1e1'],
    ['0.0571', '57m'],
    ['1001u', '1m'],
    ['1', 'lots'],
    ['256Ti', '281474976710656.001'],
    ['1e1000', '1e1001'],
  ])('%s and %s differ', (left, right) => {
    expect(isSameQuantity(left, right)).toBe(false);
  });

  it('that are none are the same only when they read the same', () => {
    expect(isSameQuantity('lots', 'lots')).toBe(true);
    expect(isSameQuantity('lots', 'plenty')).toBe(false);
  });

  it('are the same whichever is named first', () => {
    fc.assert(
      fc.property(anyQuantity, anyQuantity, (left, right) => {
        expect(isSameQuantity(left, right)).toBe(isSameQuantity(right, left));
      }),
    );
  });
});

const suffixes = ['', 'm', 'k', 'M', 'G', 'T', 'Ki', 'Mi', 'Gi', 'Ti', 'e2', 'E-1'];
const anyQuantity = fc
  .tuple(fc.nat(99_999), fc.constantFrom(...suffixes))
  .map(([amount, suffix]) => `${amount}${suffix}`);

describe('spellings of one amount', () => {
  it('in cores and in thousandths are the same for every amount', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), (thousandths) => {
        const fraction = String(thousandths % 1000).padStart(3, '0');
        const cores = `${Math.floor(thousandths / 1000)}.${fraction}`;
        expect(isSameQuantity(cores, `${thousandths}m`)).toBe(true);
      }),
    );
  });

  it.each([
    ['Gi', 'Mi', 1024],
    ['Mi', 'Ki', 1024],
    ['G', 'M', 1000],
    ['k', '', 1000],
    ['', 'm', 1000],
    ['u', 'n', 1000],
  ])('in %s and in "%s" are the same for every amount', (larger, smaller, factor) => {
    fc.assert(
      fc.property(fc.nat(1_000_000), (amount) => {
        expect(isSameQuantity(`${amount}${larger}`, `${amount * factor}${smaller}`)).toBe(true);
      }),
    );
  });

  it('never equal those of an amount that is one thousandth more', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), (amount) => {
        expect(isSameQuantity(`${amount}m`, `${amount + 1}m`)).toBe(false);
      }),
    );
  });
});

describe('the larger and the smaller of two quantities', () => {
  it('are given as they were written', () => {
    expect(largerQuantity('1000Mi', '1Gi')).toBe('1Gi');
    expect(smallerQuantity('1000Mi', '1Gi')).toBe('1000Mi');
  });

  it('are the first of two that are equal', () => {
    expect(largerQuantity('1024Mi', '1Gi')).toBe('1024Mi');
    expect(smallerQuantity('1024Mi', '1Gi')).toBe('1024Mi');
  });

  it('are the first where there is no second', () => {
    expect(largerQuantity('1Gi', undefined)).toBe('1Gi');
    expect(smallerQuantity('1Gi', undefined)).toBe('1Gi');
  });

  it('never pick something that is no quantity as the larger', () => {
    expect(largerQuantity('1', 'lots')).toBe('1');
  });

  it('are between them the two that were given', () => {
    fc.assert(
      fc.property(anyQuantity, anyQuantity, (left, right) => {
        const pair = new Set([quantityThousandths(left), quantityThousandths(right)]);
        const [larger, smaller] = [largerQuantity(left, right), smallerQuantity(left, right)];
        expect(new Set([larger, smaller].map(quantityThousandths))).toEqual(pair);
        expect(isLargerQuantity(smaller, larger)).toBe(false);
      }),
    );
  });
});
