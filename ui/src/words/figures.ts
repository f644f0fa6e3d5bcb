/** Dates, numbers and order as the page's language writes them. Each format is made when it is first used: the language is settled by then. */

import { tag } from ".";

/** Writes moments (µs) in the page's language. */
export function dates(options: Intl.DateTimeFormatOptions): (at_us: number) => string {
  let made: Intl.DateTimeFormat | null = null;
  return (at_us) => (made ??= new Intl.DateTimeFormat(tag(), options)).format(new Date(at_us / 1000));
}

const made = new Map<number, Intl.NumberFormat>();

/** A number with so many digits behind the decimal sign. */
export function figure(value: number, digits = 0): string {
  let format = made.get(digits);
  if (!format) {
    format = new Intl.NumberFormat(tag(), { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: "min2" });
    made.set(digits, format);
  }
  return format.format(value);
}

/** A share of 0 to 1 in percent: "12 %", "0.2 %". */
export const percent = (share: number, digits = 0): string => `${figure(share * 100, digits)} %`;

/** Orders names as the language does, numbers within them by their size. */
export const byName = (one: string, other: string): number => one.localeCompare(other, tag(), { numeric: true });

/** "nas", "nas and pc", "nas, pc and cloud". */
export function listed(names: readonly string[], way: "conjunction" | "disjunction" = "conjunction"): string {
  return new Intl.ListFormat(tag() ?? "en-GB", { type: way }).format(names);
}
