/** A suggestion in words. */

import { seen } from "../labels";
import { t } from "../words";
import { percent } from "../words/figures";
import type { Suggestion } from "./api";

const share = (frac: number): string => percent(frac, frac < 0.01 ? 2 : frac < 0.1 ? 1 : 0);

export function words(one: Suggestion): { title: string; text: string; button: string } {
  const given = { n: one.covers, all: one.of, what: seen(one.label), value: share(one.value) };
  if (one.kind === "mask")
    return {
      title: t("Ignore this corner?"),
      text: t("{n} of the last {all} false alarms were here. What happens inside will not be looked at any more, whatever it is.", given),
      button: t("Ignore this corner"),
    };
  if (one.kind === "min-area")
    return {
      title: t("Ignore what is that small?"),
      text: t("{n} of the last {all} false alarms were smaller than {value} of the picture. Smaller ones will not count as {what} here any more.", given),
      button: t("Ignore smaller ones"),
    };
  return {
    title: t("Ask for more certainty?"),
    text: t("{n} of the last {all} false alarms were less than {value} sure. Less certain ones will not count as {what} here any more.", given),
    button: t("Ask for more certainty"),
  };
}

