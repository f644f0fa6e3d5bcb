/** The house: who is home, how it is armed, whom it tells, how fast, where copies are, and what leaves it. */

import "./house.css";
import { fleet } from "../fleet/far";
import { Head } from "../parts/bits";
import { OffsiteCard } from "../parts/Offsite";
import { StorageCard } from "../parts/Storage";
import { house, isOwner } from "../store";
import { t } from "../words";
import { ArmingCard } from "./ArmingCard";
import { OutgoingCard } from "./OutgoingCard";
import { PeopleCard } from "./PeopleCard";
import { RulesCard } from "./RulesCard";
import { SpeedCard } from "./SpeedCard";
import { VersionCard } from "./VersionCard";
import { WaysCard } from "./WaysCard";

export default function HousePage() {
  return (
    <div class="page is-house">
      <Head title={house.value?.name || t("The house")} />
      <div class="house-grid">
        <PeopleCard />
        <ArmingCard />
        {isOwner.value ? (
          <div class="is-whole">
            <RulesCard />
          </div>
        ) : null}
        <SpeedCard />
        <OffsiteCard />
        <StorageCard />
        <WaysCard />
        {isOwner.value ? (
          <div class="is-whole">
            <OutgoingCard />
          </div>
        ) : null}
        {isOwner.value ? <VersionCard /> : null}
      </div>
      {isOwner.value ? (
        <p class="hint is-foot">
          <a href="/done">{t("What was done to the cameras, and by whom")}</a> · <a href="/settings/trail">{t("Who did what")}</a> · <a href="/settings">{t("Settings")}</a> · <a href="/machine">{t("The machine")}</a>
          {fleet.value?.is_hub ? (
            <>
              {" · "}
              <a data-hub href="/sites">
                {t("Houses")}
              </a>
            </>
          ) : null}
        </p>
      ) : null}
    </div>
  );
}
