/** What a detector can name, for the catalogue: the 80 classes that the models know, and what alarms of cameras are called. */

import { own } from "./own";
import { said, t } from "./words";

const LABELS: Record<string, string> = {
  person: said("person"), bicycle: said("bicycle"), car: said("car"), motorcycle: said("motorcycle"), airplane: said("airplane"),
  bus: said("bus"), train: said("train"), truck: said("truck"), boat: said("boat"), "traffic light": said("traffic light"),
  "fire hydrant": said("fire hydrant"), "stop sign": said("stop sign"), "parking meter": said("parking meter"), bench: said("bench"),
  bird: said("bird"), cat: said("cat"), dog: said("dog"), horse: said("horse"), sheep: said("sheep"), cow: said("cow"),
  elephant: said("elephant"), bear: said("bear"), zebra: said("zebra"), giraffe: said("giraffe"), backpack: said("backpack"),
  umbrella: said("umbrella"), handbag: said("handbag"), tie: said("tie"), suitcase: said("suitcase"), frisbee: said("frisbee"),
  skis: said("skis"), snowboard: said("snowboard"), "sports ball": said("sports ball"), kite: said("kite"),
  "baseball bat": said("baseball bat"), "baseball glove": said("baseball glove"), skateboard: said("skateboard"),
  surfboard: said("surfboard"), "tennis racket": said("tennis racket"), bottle: said("bottle"), "wine glass": said("wine glass"),
  cup: said("cup"), fork: said("fork"), knife: said("knife"), spoon: said("spoon"), bowl: said("bowl"), banana: said("banana"),
  apple: said("apple"), sandwich: said("sandwich"), orange: said("orange"), broccoli: said("broccoli"), carrot: said("carrot"),
  "hot dog": said("hot dog"), pizza: said("pizza"), donut: said("donut"), cake: said("cake"), chair: said("chair"), couch: said("couch"),
  "potted plant": said("potted plant"), bed: said("bed"), "dining table": said("dining table"), toilet: said("toilet"), tv: said("tv"),
  laptop: said("laptop"), mouse: said("mouse"), remote: said("remote"), keyboard: said("keyboard"), "cell phone": said("cell phone"),
  microwave: said("microwave"), oven: said("oven"), toaster: said("toaster"), sink: said("sink"), refrigerator: said("refrigerator"),
  book: said("book"), clock: said("clock"), vase: said("vase"), scissors: said("scissors"), "teddy bear": said("teddy bear"),
  "hair drier": said("hair drier"), toothbrush: said("toothbrush"), motion: said("motion"), doorbell: said("doorbell"),
  crossing: said("crossing"), input: said("input"), alarm: said("alarm"),
};

/** A label in the page's language; one that the owner made up stays as it is. */
export const seen = (label: string): string => {
  const known = own(LABELS, label);
  return known === undefined ? label : t(known);
};
