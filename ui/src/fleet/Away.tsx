/** In place of a house's pages while it is not connected: what is known of it, and since when. */

import { Empty } from "../parts/bits";
import * as icons from "../parts/icons";
import { now_us } from "../store";
import { plural, t } from "../words";
import { moment } from "../format";
import { there } from "./far";
import { FarCameras, MachineFacts, since } from "./parts";

export function Away() {
  const node = there.value?.node;
  if (!node) return null;
  return (
    <div class="page is-narrow">
      <Empty whole icon={<icons.Home size={40} />} title={node.hearing === "revoked" ? t("{house} was taken off this hub", { house: node.name }) : t("{house} is not connected", { house: node.name })}>
        {since(node, now_us.value)} {node.hearing === "revoked" ? null : t("It goes on recording, watching and telling by itself, and sends what is missing here once it is back. This page opens again by itself.")}
      </Empty>
      <section class="panel house-known">
        <h2>{t("What arrived")}</h2>
        <p class="dim">
          {node.events_until_us ? t("Events until {when}.", { when: moment(node.events_until_us, now_us.value) }) : t("No events yet.")}{" "}
          {node.waiting ? plural(node.waiting, "One thing was still to be told.", "{n} things were still to be told.") : null}
        </p>
        <FarCameras node={node} />
        {node.machine ? <MachineFacts machine={node.machine} /> : null}
        <p class="row">
          <a class="button" data-hub href={`/sites/events?at=${node.site}`}>
            {t("Its events")}
          </a>
          <a class="button" data-hub href="/sites">
            {t("All houses")}
          </a>
        </p>
      </section>
    </div>
  );
}
