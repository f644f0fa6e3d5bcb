/** What a detector can name, for the catalogue: the 80 classes that the models know. */

import { said, t } from "./words";

const LABELS = new Set([
  said("person"), said("bicycle"), said("car"), said("motorcycle"), said("airplane"), said("bus"), said("train"), said("truck"), said("boat"),
  said("traffic light"), said("fire hydrant"), said("stop sign"), said("parking meter"), said("bench"), said("bird"), said("cat"), said("dog"),
  said("horse"), said("sheep"), said("cow"), said("elephant"), said("bear"), said("zebra"), said("giraffe"), said("backpack"), said("umbrella"),
  said("handbag"), said("tie"), said("suitcase"), said("frisbee"), said("skis"), said("snowboard"), said("sports ball"), said("kite"),
  said("baseball bat"), said("baseball glove"), said("skateboard"), said("surfboard"), said("tennis racket"), said("bottle"), said("wine glass"),
  said("cup"), said("fork"), said("knife"), said("spoon"), said("bowl"), said("banana"), said("apple"), said("sandwich"), said("orange"),
  said("broccoli"), said("carrot"), said("hot dog"), said("pizza"), said("donut"), said("cake"), said("chair"), said("couch"), said("potted plant"),
  said("bed"), said("dining table"), said("toilet"), said("tv"), said("laptop"), said("mouse"), said("remote"), said("keyboard"), said("cell phone"),
  said("microwave"), said("oven"), said("toaster"), said("sink"), said("refrigerator"), said("book"), said("clock"), said("vase"), said("scissors"),
  said("teddy bear"), said("hair drier"), said("toothbrush"),
]);

/** A label in the page's language; one that the owner made up stays as it is. */
export const seen = (label: string): string => (LABELS.has(label) ? t(label) : label);
