// Kubernetes quantities ("500m", "1Gi", "1e3") as whole thousandths, so that two spellings of one
// amount compare equal. Pure; the API server has already checked what stands in a spec.
const DECIMAL_EXPONENTS: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const BINARY_FACTORS: Readonly<Record<string, bigint>> = {
  Ki: 2n ** 10n,
  Mi: 2n ** 20n,
  Gi: 2n ** 30n,
  Ti: 2n ** 40n,
  Pi: 2n ** 50n,
  Ei: 2n ** 60n,
};
// the CRD takes no longer exponents: their amounts would be numbers of endless digits
const QUANTITY = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d{1,2})|([numkMGTPE]|[KMGTPE]i)?)$/;
const THOUSANDTH_EXPONENT = 3;

/**
 * The amount that a quantity stands for, in thousandths of its base unit (cores, bytes), or
 * undefined if it is none. A part of a thousandth counts as a whole one, since the API server
 * rounds up what it keeps of requests, limits and capacities.
 */
export function quantityThousandths(text: string): bigint | undefined {
  const [, sign = '', whole = '', fraction = '', exponent, suffix = ''] = QUANTITY.exec(text) ?? [];
  if (whole + fraction === '') return undefined;
  const digits = BigInt(whole + fraction) * (BINARY_FACTORS[suffix] ?? 1n);
  const power = Number(exponent ?? DECIMAL_EXPONENTS[suffix] ?? 0);
  const shift = power + THOUSANDTH_EXPONENT - fraction.length;
  const divisor = 10n ** BigInt(Math.max(0, -shift));
  const amount = (digits * 10n ** BigInt(Math.max(0, shift)) + divisor - 1n) / divisor;
  return sign === '-' ? -amount : amount;
}

/** Whether two quantities stand for one amount, however they are written. */
export function isSameQuantity(left: string, right: string): boolean {
  const amount = quantityThousandths(left);
  return left === right || (amount !== undefined && amount === quantityThousandths(right));
}

/** Whether the first quantity is the larger one; what is none counts as nothing. */
export function isLargerQuantity(first: string, second: string): boolean {
  return (quantityThousandths(first) ?? 0n) > (quantityThousandths(second) ?? 0n);
}

/** The larger of two quantities, as it was written; the first where there is no second. */
export function largerQuantity(first: string, second: string | undefined): string {
  return second !== undefined && isLargerQuantity(second, first) ? second : first;
}

/** The smaller of two quantities, as it was written; the first where there is no second. */
export function smallerQuantity(first: string, second: string | undefined): string {
  return second !== undefined && isLargerQuantity(first, second) ? second : first;
}
