// Kubernetes quantities ("500m", "1Gi", "1e3") as numbers, so that two spellings of one amount
// compare equal. Pure; the API server has already checked what stands in a spec.
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
const BINARY_FACTORS: Readonly<Record<string, number>> = {
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};
const QUANTITY = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/;

/**
 * The amount that a quantity stands for, in its base unit (cores, bytes), or undefined if it is
 * none.
 */
export const quantityValue = (text: string): number | undefined => amountOf(text, 0);

/** The amount in units of 10 to the power of -`decimals`. */
function amountOf(text: string, decimals: number): number | undefined {
  const match = QUANTITY.exec(text);
  if (match === null) return undefined;
  const [, digits, exponent, suffix = ''] = match;
  const factor = BINARY_FACTORS[suffix];
  if (factor !== undefined) return Number(digits) * factor * 10 ** decimals;
  // as one decimal number: 700 * 1e-3 is not 0.7, but 700e-3 is
  return Number(`${digits}e${Number(exponent ?? DECIMAL_EXPONENTS[suffix] ?? 0) + decimals}`);
}

/**
 * Whether two quantities stand for one amount, however they are written; of an amount the API
 * server keeps the thousandths, and rounds up what is finer.
 */
export function isSameQuantity(left: string, right: string): boolean {
  const value = quantityValue(left);
  if (left === right) return true;
  return value !== undefined && (value === quantityValue(right) || keptOf(left) === keptOf(right));
}

const keptOf = (text: string): number => Math.ceil(amountOf(text, 3) ?? Number.NaN);

/** The larger of two quantities, as it was written; the first where there is no second. */
export function largerQuantity(first: string, second: string | undefined): string {
  return second !== undefined && amount(second) > amount(first) ? second : first;
}

/** The smaller of two quantities, as it was written; the first where there is no second. */
export function smallerQuantity(first: string, second: string | undefined): string {
  return second !== undefined && amount(second) < amount(first) ? second : first;
}

const amount = (text: string): number => quantityValue(text) ?? 0;
