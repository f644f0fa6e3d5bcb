/** Above each page where there is more than one house: which one it shows, and the way to the others. */

import { far } from "../base";
import { go, place } from "../router";
import { rich, t } from "../words";
import { fleet, there } from "./far";

export function HouseBar() {
  const all = fleet.value;
  const nodes = all?.nodes.filter((each) => each.hearing !== "revoked") ?? [];
  const here = far || (nodes.find((each) => each.own)?.id ?? "");
  const pick = (id: string): void => {
    if (id === "all") far ? location.assign("/sites") : go("/sites");
    else if (id !== here || place.value.path.startsWith("/sites")) nodes.find((each) => each.id === id)?.own ? (far ? location.assign("/") : go("/")) : location.assign(`/at/${id}/`);
  };
  return (
    <div class={`house-bar ${far ? "is-far" : ""}`}>
      {far && there.value ? (
        <p role="note">{rich("You are looking at {house} through the hub", { house: <strong>{there.value.node.name}</strong> })}</p>
      ) : null}
      <select aria-label={t("House")} value={!far && place.value.path.startsWith("/sites") ? "all" : here} onChange={(event) => pick(event.currentTarget.value)}>
        {all?.sites.map((site) => {
          const at = nodes.filter((each) => each.site === site.id);
          return at.length ? (
            <optgroup key={site.id} label={site.title}>
              {at.map((each) => (
                <option key={each.id} value={each.id}>
                  {each.name}
                </option>
              ))}
            </optgroup>
          ) : null;
        })}
        <option value="all">{t("All houses")}</option>
      </select>
    </div>
  );
}
