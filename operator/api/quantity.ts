// Kubernetes quantities ("500m", "1Gi", "1e3") as numbers, so that two spellings of one amount compare equal.
// Pure; the API server has already checked what stands in a spec.
const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};
const QUANTITY = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/;

/** The amount that a quantity stands for, in its base unit (cores, bytes), or undefined if it is none. */
export function quantityValue(text: string): number | undefined {
  const match = QUANTITY.exec(text);
  if (match === null) return undefined;
  const [, digits, exponent, suffix = ''] = match;
  const factor = exponent === undefined ? FACTORS[suffix] : 10 ** Number(exponent);
  return factor === undefined ? undefined : Number(digits) * factor;
}

/** Whether two quantities stand for one amount, however they are written. */
export function isSameQuantity(left: string, right: string): boolean {
  const value = quantityValue(left);
  return left === right || (value !== undefined && value === quantityValue(right));
}

/** The larger of two quantities, as it was written; the first where there is no second. */
export function largerQuantity(first: string, second: string | undefined): string {
  return second !== undefined && amount(second) > amount(first) ? second : first;
}

/** The smaller of two quantities, as it was written; the first where there is no second. */
export function smallerQuantity(first: string, second: string | undefined): string {
  return second !== undefined && amount(second) < amount(first) ? second : first;
}

const amount = (text: string): number => quantityValue(text) ?? 0;
